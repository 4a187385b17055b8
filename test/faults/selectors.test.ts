// Selectors of roles: whoever holds a role when the fault fires, among everyone or among the nodes of a kind.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeKind } from '../../sim/host/define.ts'
import { defineNode } from '../../sim/host/define.ts'
import { checkSelector, parseSelector } from '../../sim/host/selectors.ts'
import { cluster } from './generate/support.ts'
import { run, touched } from './support.ts'

interface Change {
  readonly kind: 'primary' | 'witness'
  readonly index: number
  /** Milliseconds; never the time at which the fault fires. */
  readonly at: number
  readonly role: 'leader' | 'follower' | ''
}

const NODES = 3
const FIRES = 100

function actor(kind: string, changes: readonly Change[]): NodeKind<object, { readonly index: number }> {
  return defineNode<object, { readonly index: number }>()({
    kind,
    start(node) {
      for (const { at, index, role } of changes) {
        if (index === node.config.index) node.after(at, () => node.role(role))
      }
    },
  })
}

describe('a selector of a kind and a role', () => {
  const changes = fc.uniqueArray(
    fc.record<Change>({
      kind: fc.constantFrom('primary', 'witness'),
      index: fc.nat(NODES - 1),
      at: fc.integer({ min: 1, max: 199 }).filter((at) => at !== FIRES),
      role: fc.constantFrom('leader', 'follower', ''),
    }),
    { maxLength: 12, selector: ({ kind, index, at }) => `${kind} ${index} ${at}` },
  )

  it('names those of the kind that hold the role when the fault fires, whatever they held before or after', async () => {
    await fc.assert(
      fc.asyncProperty(changes, async (made) => {
        const add = (kind: Change['kind']) =>
          actor(
            kind,
            made.filter((change) => change.kind === kind),
          )
        const result = await run([{ at: FIRES, kind: 'pause', node: 'primary[role:leader]', for: 1 }], {
          peers: 0,
          add: (setup) => {
            setup.add(add('primary'), NODES, (index) => ({ index }))
            setup.add(add('witness'), NODES, (index) => ({ index }))
          },
        })
        const holders = Array.from({ length: NODES }, (_, index) => index).filter((index) => {
          const before = made
            .filter((change) => change.kind === 'primary' && change.index === index && change.at < FIRES)
            .sort((a, b) => a.at - b.at)
          return before.at(-1)?.role === 'leader'
        })
        expect(touched(result)).toEqual([holders.map((index) => `primary[${index}]`)])
      }),
      { seed: 1, numRuns: 100 },
    )
  })

  it('is refused before the run if there is no such kind, with the nearest one', () => {
    const nodes = cluster({ kind: 'replica', count: 3 }, { kind: 'client', count: -1 })
    const check = (text: string) => () =>
      checkSelector(text, parseSelector(text, 'plan[0].node'), nodes, 'plan[0].node')
    expect(check('replica[role:leader]')).not.toThrow()
    expect(check('replca[role:leader]')).toThrow(
      /^plan\[0\]\.node: unknown node 'replca'.*did you mean 'replica'\?/,
    )
  })

  it.each(['replica[role:]', 'replica[role:leader', '[role:leader]', 'replica[zone:eu]', 'replica[role:a]b'])(
    'cannot be %s',
    (text) => {
      expect(() => parseSelector(text, 'node')).toThrow(
        /is not a selector; expected .*'replica\[role:leader\]'/,
      )
    },
  )
})
