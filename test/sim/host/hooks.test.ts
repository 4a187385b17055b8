// Exploration hooks: off unless the profile says so, live or not for a whole run, and reproduced with it.
import { describe, expect, it } from 'vitest'
import type { RunResult, SimulateOptions } from '../../../index.ts'
import { defineNode, faults, simulate } from '../../../index.ts'
import type { Node } from '../../../index.ts'
import { LIVE_SHARE } from '../../../sim/host/hooks.ts'
import { recordsOf, run, story, system } from '../support.ts'

interface Config {
  readonly sites: Readonly<Record<string, number>>
}

/** Asks at each of its sites, ten times a second, and says so where it may. */
const asker = defineNode<{ told(text: string): void }, Config>()({
  kind: 'asker',
  start(node) {
    node.every('100ms', (self) => {
      for (const [name, probability] of Object.entries(self.config.sites)) {
        if (self.maybe(name, probability)) self.send(self.self, 'told', name)
      }
    })
  },
  on: { told: () => undefined },
})

const sites = (count: number, probability = 0.5): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`site ${index}`, probability]))

function ask(
  asked: Record<string, number>,
  options: Omit<SimulateOptions, 'until'> & { readonly until?: `${number}s` | `${number}ms` } = {},
  nodes = 1,
): Promise<RunResult> {
  return run(({ add }) => void add(asker, nodes, { sites: asked }), {
    until: '10s',
    profile: { hooks: true },
    ...options,
  })
}

describe('maybe', () => {
  it('is always false while hooks are off, draws nothing and leaves the run as if it were not there', async () => {
    const off = await ask(sites(20, 1), { profile: {} })
    expect(recordsOf(off, 'hook', 'send')).toEqual([])
    expect(off.hooks).toBeUndefined()
    const none = await ask({}, { profile: {} })
    expect(off.fingerprint).toBe(none.fingerprint)
    expect(off.spec.profile).toEqual({ ties: 'serial' })
  })

  it('says no to a site that is not live, and yes with its probability to one that is', async () => {
    const result = await ask(sites(40, 0.3), { until: '30s' })
    const live = result.hooks?.filter((site) => site.live) ?? []
    expect(live.length).toBeGreaterThan(3)
    expect(live.length).toBeLessThan(20)
    for (const site of result.hooks ?? []) {
      expect(site.visits).toBe(299 + 1)
      if (site.live) {
        expect(site.hits / site.visits).toBeGreaterThan(0.2)
        expect(site.hits / site.visits).toBeLessThan(0.4)
      } else expect(site.hits).toBe(0)
    }
  })

  it('has a quarter of all sites live, other ones with another seed', async () => {
    let live = 0
    const sets = new Set<string>()
    for (let seed = 1; seed <= 20; seed++) {
      const { hooks = [] } = await ask(sites(50), { seed, until: '200ms' })
      live += hooks.filter((site) => site.live).length
      sets.add(JSON.stringify(hooks.map((site) => site.live)))
    }
    expect(live / 1000).toBeGreaterThan(LIVE_SHARE - 0.05)
    expect(live / 1000).toBeLessThan(LIVE_SHARE + 0.05)
    expect(sets.size).toBe(20)
  })

  it('records each yes, counts it, and is the cause of what the node does next in the event', async () => {
    const result = await ask(sites(12), { until: '1s' })
    const fired = recordsOf(result, 'hook')
    expect(fired.length).toBeGreaterThan(5)
    const hits = result.hooks?.reduce((sum, site) => sum + site.hits, 0)
    expect(fired).toHaveLength(hits ?? -1)
    const all = recordsOf(result)
    for (const hook of fired) {
      expect(all[(hook.cause ?? 0) - 1]?.kind).toMatch(/^(timer|hook)$/)
      const next = all[hook.id]
      expect([next?.kind, next?.cause, next?.data]).toEqual(['send', hook.id, hook.type])
    }
  })

  it('draws for each site and node by itself: another site, or another node, changes nothing', async () => {
    const hooksOf = (result: RunResult, name: string): string[] =>
      story(result, 'hook').filter((line) => line.includes('asker[0]') && line.endsWith(name))
    const few = await ask(sites(10), {}, 2)
    const more = await ask({ another: 0.5, ...sites(10), ...{ 'one more': 0.9 } }, {}, 3)
    const names = few.hooks?.filter((site) => site.live).map((site) => site.name) ?? []
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) {
      expect(hooksOf(few, name).length).toBeGreaterThan(10)
      expect(hooksOf(more, name)).toEqual(hooksOf(few, name))
    }
  })

  it('goes on with its draws after a restart', async () => {
    const plan = [faults.crash({ at: '2.05s', node: 'asker[0]', for: '1s' })]
    const whole = await ask(sites(8))
    const broken = await ask(sites(8), { plan })
    const answers = (result: RunResult): string =>
      story(result, 'hook')
        .map((line) => line.replace(/^\S+ /, ''))
        .join()
    expect(story(whole, 'hook').length).toBeGreaterThan(20)
    expect(answers(whole).startsWith(answers(broken))).toBe(true)
  })

  it('is reproduced with the spec of the run', async () => {
    const first = await ask(sites(10), { seed: 5 })
    expect(first.spec.profile).toEqual({ ties: 'serial', hooks: true })
    const again = await ask(sites(10), { seed: 5, profile: first.spec.profile })
    expect(again.fingerprint).toBe(first.fingerprint)
    const off = await ask(sites(10), { seed: 5, profile: { hooks: false } })
    expect(off.fingerprint).not.toBe(first.fingerprint)
    expect(off.spec.profile).toEqual({ ties: 'serial' })
  })

  it.each([
    ['', 0.5, "maybe: name ''; expected a name, such as 'flush early'"],
    ['a', 1.5, "maybe('a'): 1.5; expected a probability from 0 to 1"],
    ['a', NaN, "maybe('a'): NaN; expected a probability from 0 to 1"],
  ])('refuses %o with probability %o, whether hooks are on or off', async (name, probability, message) => {
    for (const hooks of [true, false]) {
      const result = await ask({ [name]: probability }, { profile: { hooks } })
      expect(result.failures[0]?.message).toContain(message)
    }
  })

  it('is refused to code of another node', async () => {
    let stolen: Node | undefined
    const giver = defineNode()({
      kind: 'giver',
      start: (node) => void (stolen = node as unknown as Node),
    })
    const taker = defineNode()({
      kind: 'taker',
      start: (node) => void node.after('1s', () => void stolen?.maybe('x', 1)),
    })
    const result = await run(({ addOne }) => (addOne(giver), addOne(taker), undefined), {
      profile: { hooks: true },
    })
    expect(result.failures[0]?.message).toContain('node giver was used by taker')
  })
})

it('a profile whose hooks are neither on nor off is refused', async () => {
  const one = system(({ add }) => void add(asker, 1, { sites: {} }))
  await expect(simulate(one, { profile: { hooks: 'on' as unknown as boolean } })).rejects.toThrow(
    "profile.hooks: 'on'; expected true or false",
  )
})
