// Links between documents lead somewhere.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

import { documents, root } from './blocks.ts'

const textOf = (document: string): string => readFileSync(join(root, document), 'utf8')

/** The anchor that GitHub makes of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replace(/ /g, '-')
}

function deadLinks(document: string, text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^https?:/.test(link)) return []
    const [path = '', section] = link.split('#')
    const target = path === '' ? document : join(dirname(document), path)
    if (!existsSync(join(root, target))) return [link]
    if (section === undefined) return []
    const headings = [...textOf(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchor(heading))
    return headings.includes(section) ? [] : [link]
  })
}

it.each(documents)('%s has no dead links', (document) => {
  expect(deadLinks(document, textOf(document))).toEqual([])
})

it('finds a dead link', () => {
  expect(deadLinks('README.md', '[a](missing.md) [b](#nowhere) [c](LICENSE)')).toEqual([
    'missing.md',
    '#nowhere',
  ])
})
