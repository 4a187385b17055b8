import * as fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { SVG_MESSAGES, SVG_NODES, svgText } from '../../../reports/exports/svg.ts'
import { anySource, cut, recordsIn, sourceFrom, sourceOf } from './sources.ts'

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  text: string
}

/** The elements of a picture, by a strict XML parser; throws what is not well-formed. */
function elementsOf(svg: string): readonly Element[] {
  const elements: Element[] = []
  const open: Element[] = []
  const parser = new SaxesParser({ xmlns: true })
  parser.on('opentag', ({ name, attributes }) => {
    const plain = Object.fromEntries(Object.entries(attributes).map(([key, { value }]) => [key, value]))
    const element = { name, attributes: plain, text: '' }
    elements.push(element)
    open.push(element)
  })
  parser.on('text', (text) => {
    const inner = open.at(-1)
    if (inner !== undefined) inner.text += text
  })
  parser.on('closetag', () => open.pop())
  parser.on('error', (error) => {
    throw error
  })
  parser.write(svg).close()
  return elements
}

/** All that a picture is made of: nothing loads, runs or links. */
const ELEMENTS = 'svg title desc style defs marker pattern path rect text g'.split(' ')

function check(svg: string): readonly Element[] {
  const elements = elementsOf(svg)
  expect([...new Set(elements.map(({ name }) => name))].filter((name) => !ELEMENTS.includes(name))).toEqual(
    [],
  )
  const bad = elements.flatMap(({ attributes }) =>
    Object.entries(attributes).flatMap(([key, value]) => {
      const isOut = ['x', 'y', 'width', 'height'].includes(key) && !(Number(value) >= 0)
      const runs = /^on|href/.test(key)
      return runs || isOut || /NaN|undefined|Infinity/.test(value) ? [`${key}=${value}`] : []
    }),
  )
  expect(bad).toEqual([])
  const root = elements[0]
  expect(root?.attributes.xmlns).toBe('http://www.w3.org/2000/svg')
  const height = Number(root?.attributes.height)
  const lowest = elements.reduce((most, { attributes }) => Math.max(most, Number(attributes.y ?? 0)), 0)
  expect(lowest).toBeLessThanOrEqual(height)
  return elements
}

const withClass = (elements: readonly Element[], name: string): readonly Element[] =>
  elements.filter(({ attributes }) => attributes.class?.split(' ').includes(name))

describe('a space-time diagram', () => {
  it.each([
    ['leader-election', {}, {}, undefined],
    ['leader-election', { fault: 'pause' }, {}, undefined],
    ['quorum', { r: '1', w: '1' }, { to: '100ms' }, '200ms'],
    ['load-balancing', {}, {}, '5s'],
    ['herd-effect', {}, { to: '3s', nodes: 'coordination,contender[0..39]' }, '4s'],
  ])('of %s %j is well-formed, within its page, and loads nothing', async (name, set, request, until) => {
    const source = await sourceOf(name, set, until)
    check(svgText(source, cut(source, request)))
  })

  it('of any records is so, whatever text stands in them', () => {
    fc.assert(
      fc.property(anySource, fc.nat(60), fc.nat(60), (source, a, b) => {
        const { endedAt } = source.footer
        const [from, to] = [Math.min(a, b, endedAt), Math.min(Math.max(a, b), endedAt)]
        check(svgText(source, cut(source)))
        check(svgText(source, { from, to, nodes: source.nodes, isWhole: false }))
      }),
      { seed: 9, numRuns: 150 },
    )
  })

  it('shows text that looks like markup as text', () => {
    const evil = '<script>alert("1")</script>'
    const source = sourceFrom([
      { id: 1, t: 0, node: evil, kind: 'start', data: { incarnation: 1 } },
      { id: 2, t: 5, node: evil, kind: 'role', type: evil },
      { id: 3, t: 50, node: evil, kind: 'send', to: 'b', type: evil, data: evil },
      { id: 4, t: 60, node: 'b', kind: 'deliver', cause: 3, from: evil, type: evil },
    ])
    const elements = check(svgText(source, cut(source)))
    const texts = elements.map(({ text }) => text)
    expect(texts).toContain(`${evil.slice(0, 17)}...`)
    expect(texts.some((text) => text.includes(`${evil} to b`))).toBe(true)
  })

  it('has an arrow for each message that arrived and a cross for each that did not', async () => {
    const source = await sourceOf('quorum', { loss: '0.3' }, '300ms')
    const part = cut(source)
    const elements = check(svgText(source, part))
    const records = recordsIn(source, part)
    const arrived = records.filter(({ kind }) => kind === 'deliver').length
    const lost = records.filter(({ kind }) => kind === 'drop').length
    const sent = records.filter(({ kind }) => ['request', 'reply', 'send'].includes(kind)).length
    const lines = [...withClass(elements, 'message'), ...withClass(elements, 'lost')]
    const titled = elements.filter(({ name, text }) => name === 'title' && text.startsWith('#'))
    const arrows = lines.filter((line) => line.attributes['marker-end'] !== undefined)
    expect(titled).toHaveLength(sent)
    // Two arrows, a line and a cross more are those of the legend.
    expect(arrows).toHaveLength(arrived + 2)
    expect(withClass(elements, 'lost')).toHaveLength(2 * lost + 2)
    expect(lost).toBeGreaterThan(5)
  })

  it('shows roles as bands with their names, crashes, faults and violations', async () => {
    const source = await sourceOf('leader-election', { fault: 'pause' })
    const elements = check(svgText(source, cut(source)))
    const texts = elements.map(({ text }) => text)
    expect(texts).toContain('leader, term 0')
    expect(texts).toContain('leader, term 1')
    expect(texts).toContain('contender[0] paused, 5s to 11s')
    expect(texts.find((text) => text.startsWith('pause from 5s to 11s'))).toBeDefined()
    expect(withClass(elements, 'violated')).toHaveLength(2)
    const crashed = await sourceOf('leader-election')
    expect(withClass(check(svgText(crashed, cut(crashed))), 'crash')).toHaveLength(2)
  })

  it('looks light and dark without custom properties, which converters do not know', async () => {
    const source = await sourceOf('leader-election', {}, '6s')
    const svg = svgText(source, cut(source))
    expect(svg).toContain('@media (prefers-color-scheme: dark)')
    expect(svg).not.toContain('var(')
  })

  it('says so where there are too many messages to draw, and draws none of them', async () => {
    const source = await sourceOf('quorum', {}, '5s')
    const elements = check(svgText(source, cut(source)))
    const texts = elements.map(({ text }) => text)
    expect(texts.some((text) => text.includes('(too many to draw: cut with --from, --to, --nodes)'))).toBe(
      true,
    )
    expect(withClass(elements, 'message')).toEqual([])
    expect(SVG_MESSAGES).toBeLessThan(recordsIn(source, cut(source)).length)
  })

  it('refuses more nodes than it has lanes for', () => {
    const source = sourceFrom(
      Array.from({ length: SVG_NODES + 1 }, (_, index) => ({
        ...{ id: index + 1, t: 0, node: `n[${index}]`, kind: 'start' as const, data: { incarnation: 1 } },
      })),
    )
    expect(() => svgText(source, cut(source))).toThrow(
      'a diagram of 65 nodes; expected at most 64; choose them with',
    )
    expect(check(svgText(source, cut(source, { nodes: 'n[0..63]' }))).length).toBeGreaterThan(SVG_NODES)
  })

  it('is judged by a parser that refuses what is not well-formed', () => {
    expect(() => elementsOf('<svg xmlns="http://www.w3.org/2000/svg"><path></svg>')).toThrow()
    expect(() => elementsOf('<svg xmlns="http://www.w3.org/2000/svg">a < b</svg>')).toThrow()
    expect(() => elementsOf('<svg xmlns="http://www.w3.org/2000/svg">\u0001</svg>')).toThrow()
  })
})
