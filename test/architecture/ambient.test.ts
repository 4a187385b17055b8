import { describe, expect, it } from 'vitest'
import { findAmbientUses, pureRooms } from './ambient.ts'
import { readSources } from './sources.ts'

const usesIn = (text: string): readonly string[] => findAmbientUses(new Map([['sim/a.ts', text]]))

describe('the pure rooms', () => {
  it('use nothing that depends on the machine', () => {
    const sources = readSources(pureRooms)
    expect(sources.size).toBeGreaterThan(0)
    expect(findAmbientUses(sources)).toEqual([])
  })
})

describe('the finder of ambient uses', () => {
  it.each([
    ['Date', 'const now = Date.now()', 'virtual time'],
    ['Date', 'const now = new Date()', 'virtual time'],
    ['Date', 'class Later extends Date {}', 'virtual time'],
    ['performance', 'const now = performance.now()', 'virtual time'],
    ['Math.random', 'const x = Math.random()', 'a named random stream'],
    ['Math.random', "const x = Math['random']()", 'a named random stream'],
    ['Math as a whole', 'const { random } = Math', 'one by one'],
    ['Math as a whole', 'const maths = Math', 'one by one'],
    ['Math.pow', 'const x = Math.pow(2, 3)', 'a product'],
    ['**', 'export const f = (x: number) => x ** 2', 'a product'],
    ['**=', 'export let x = 2\nx **= 3', 'a product'],
    ['setTimeout', 'setTimeout(() => {}, 1)', 'a timer or a sleep'],
    ['setInterval', 'setInterval(() => {}, 1)', 'a timer or a sleep'],
    ['setImmediate', 'setImmediate(() => {})', 'draining'],
    ['queueMicrotask', 'queueMicrotask(() => {})', 'draining'],
    ['process', 'const x = process.env.HOME', 'handed in'],
    ['process', 'export const x = { process }', 'handed in'],
    ['process', 'declare const process: { pid: number }\nexport const x = process.pid', 'handed in'],
    ['process', 'export const { pid = process.pid } = {}', 'handed in'],
    ['globalThis', "const x = globalThis['Da' + 'te']", 'handed in'],
    ['Intl', 'new Intl.NumberFormat()', 'locale'],
    ['toLocaleString', 'export const f = (x: number) => x.toLocaleString()', 'locale'],
    ['toLocaleUpperCase', 'export const f = (x: string) => x.toLocaleUpperCase()', 'locale'],
    ['localeCompare', 'export const f = (x: string) => x.localeCompare(x)', 'locale'],
    ['console', 'console.log(1)', 'the log of the node'],
    ['crypto', 'crypto.randomUUID()', 'a named random stream'],
    ['fetch', "await fetch('http://localhost')", 'simulated network'],
    ['navigator', 'const x = navigator.hardwareConcurrency', 'handed in'],
    ['import.meta', 'const x = import.meta.url', 'handed in'],
    ["the Node builtin 'node:fs'", "import { readFileSync } from 'node:fs'", 'handed in'],
    ["the Node builtin 'fs/promises'", "import { readFile } from 'fs/promises'", 'handed in'],
    ["the Node builtin 'node:os'", "const os = await import('node:os')", 'handed in'],
    ["the Node builtin 'node:os'", "export * from 'node:os'", 'handed in'],
  ])('reports %s in: %s', (what, text, instead) => {
    const uses = usesIn(text)
    expect(uses).toHaveLength(1)
    expect(uses[0]).toContain(`uses ${what}; use instead: `)
    expect(uses[0]).toContain(instead)
  })

  it('names file and line of every use', () => {
    expect(usesIn('\nDate.now()\n\nMath.random()\n').map((use) => use.split(': ')[0])).toEqual([
      'sim/a.ts:2',
      'sim/a.ts:4',
    ])
  })

  it.each([
    ['comments', '// Date.now() and Math.random()\n/** process.env, 2 ** 3 */\nexport {}'],
    ['strings and templates', "export const text = 'Date.now()' + `setTimeout ${1} Math.random()`"],
    ['property names', 'export const x = { Date: 1, process: 2 }\nexport const y = x.Date + x.process'],
    ['a local variable', 'const process = { pid: 1 }\nexport const pid = process.pid'],
    ['a parameter', 'export const f = (process: number, performance: number) => process + performance'],
    ['a destructured local', 'export const f = ({ process }: { process: number }) => ({ process })'],
    ['an import', "import { setTimeout } from './timers.ts'\nsetTimeout()"],
    [
      'types',
      'export type T = Date | typeof performance\nexport interface I extends Date { readonly d: Date }',
    ],
    [
      'a name that only types carry',
      'declare const brand: unique symbol\nexport class A {\n  declare [brand]?: 1\n}\nexport interface B {\n  [brand]: 1\n}',
    ],
    ['pure mathematics', 'export const x = Math.exp(2 * Math.log(3)) + Math.floor(1.5)'],
    ['exact powers of big integers', 'export const x = 2n ** 64n'],
    ['pure globals', 'export const x = [new Map(), Object.keys({}), JSON.stringify(1), Number.isNaN(1)]'],
    ['a member of that name', 'export class A {\n  Date(): number {\n    return this.Date()\n  }\n}'],
  ])('accepts %s', (_title, text) => {
    expect(usesIn(text)).toEqual([])
  })
})
