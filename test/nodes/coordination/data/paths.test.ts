import { describe, expect, it } from 'vitest'

import { isTooLong, packetLength, PACKET_MAX } from '../../../../nodes/coordination/data/packet.ts'
import {
  childOf,
  nameOf,
  parentOf,
  pathProblem,
  sequenceSuffix,
} from '../../../../nodes/coordination/data/paths.ts'
import { utf8Length } from '../../../../nodes/coordination/data/tree.ts'

describe('paths', () => {
  it.each(['/', '/a', '/a/b', '/...', '/.a', '/a.', '/a..b', '/ ', '/ü', '/日本'])('%j is taken', (path) => {
    expect(pathProblem(path)).toBeUndefined()
  })

  it.each([
    '',
    'a',
    '/a/',
    '//',
    '/a//b',
    '/.',
    '/..',
    '/./a',
    '/a/..',
    '/a/./b',
    '/a\u0000',
    '/\u001f',
    '/\u007f',
    '/\u{1f600}',
    '/\uf8ff',
    '/\ufff0',
  ])('%j is refused', (path) => {
    expect(pathProblem(path)).toBeTypeOf('string')
  })

  it('have parents and names', () => {
    expect([parentOf('/a/b'), parentOf('/a'), parentOf('/'), nameOf('/a/b')]).toEqual(['/a', '/', '/', 'b'])
    expect([childOf('/', 'a'), childOf('/a', 'b')]).toEqual(['/a', '/a/b'])
  })

  it('of sequential znodes end in ten digits, also when the counter has wrapped', () => {
    expect([7, 2147483647, -2147483648, -5].map(sequenceSuffix)).toEqual([
      '0000000007',
      '2147483647',
      '-2147483648',
      '-000000005',
    ])
  })
})

describe('packets', () => {
  const create = (data: string) =>
    ({ type: 'create', path: '/d', data, mode: 'persistent', withStat: true }) as const

  it('are as long as the real protocol makes them: 8 for the header, 6 for the path, 27 for the rights ...', () => {
    expect(packetLength(create(''))).toBe(8 + 6 + 4 + 27 + 4)
    expect(packetLength({ type: 'multi', ops: [create('ab')] })).toBe(8 + 9 + 9 + 6 + 4 + 2 + 27 + 4)
  })

  it('may have exactly the limit', () => {
    const fit = PACKET_MAX - packetLength(create(''))
    expect(isTooLong(create('x'.repeat(fit)))).toBe(false)
    expect(isTooLong(create('x'.repeat(fit + 1)))).toBe(true)
    expect(isTooLong(create('ä'.repeat(fit / 2 + 1)))).toBe(true)
  })

  it('count bytes, not characters', () => {
    for (const text of ['', 'a', 'ä', '€', '\u{1f600}', 'a\ud800b', '\udc00', '日本ä\u{1f600}x'])
      expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length)
  })
})
