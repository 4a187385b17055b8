// Scenarios as tests: what the matchers pass, what they fail, and what a failure tells.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { testExamples, testScenario } from 'orrery-sim/vitest'

import { defineNode, scenario, simulate } from '../../index.ts'
import { readBundle } from '../../sim/explore/bundle.ts'
import { optionsOf } from '../../sim/scenario/simulate.ts'
import counter from '../fixtures/counter.ts'
import flaky from '../fixtures/flaky.ts'

const CHECK = 'the total never exceeds what was asked for'

/** What a failed expectation says. */
async function messageOf(run: () => Promise<void>): Promise<string> {
  const error: unknown = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Error)
  return (error as Error).message
}

beforeEach(() => {
  for (const name of ['ORRERY_SEED', 'ORRERY_SEEDS', 'ORRERY_BUNDLES']) vi.stubEnv(name, '')
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe('toHold', () => {
  it('passes when all seeds hold', async () => {
    await expect(counter).toHold({ seeds: 20 })
  })

  it('tells the story of the smallest run, the signature, the seed and the commands', async () => {
    const text = await messageOf(() =>
      expect(counter).toHold({ seeds: 20, params: { loss: 0.4 }, source: 'test/fixtures/counter.ts' }),
    )
    const seed = Number(/but seed (\d+) does not/.exec(text)?.[1])
    expect(text).toMatch(/^expected counter to hold with seeds 1\.\.20, but seed \d+ does not\n/)
    expect(text).toContain(`VIOLATED  ${CHECK}, at `)
    expect(text).toContain(`signature ${CHECK}\n`)
    expect(text).toMatch(/shrunk +faults 1 -> 0, .*; nothing more can be left out\n/)
    expect(text).toContain(
      `again     ORRERY_SEED=${seed} npx vitest run test/integrations/vitest.test.ts -t 'toHold tells the story of ` +
        "the smallest run, the signature, the seed and the commands'\n",
    )
    expect(text).toContain(`run       npx orrery run test/fixtures/counter.ts --seed ${seed} --set loss=0.4`)
    const { verdict } = await simulate(counter, { seed, params: { loss: 0.4 } })
    expect(verdict).toBe('violated')
  })

  it('tells the run as it was found if it is not to be shrunk', async () => {
    const text = await messageOf(() => expect(counter).toHold({ params: { loss: 0.4 }, shrink: false }))
    expect(text).toContain('VIOLATED')
    expect(text).not.toContain('shrunk ')
  })

  it('fails when no run reaches what some run must', async () => {
    const text = await messageOf(() => expect(flaky).toHold({ seeds: 5, params: { rare: 1_000_000 } }))
    expect(text).toBe("expected flaky to hold with seeds 1..5, but no run reached 'a zero is drawn'")
    await expect(flaky).toHold({ seeds: 5, params: { rare: 1 } })
  })

  it('finds a scenario that depends on what ran before it', async () => {
    let runs = 0
    const node = defineNode()({
      kind: 'node',
      start(self) {
        if (++runs > 2) self.role('late')
      },
    })
    const remembers = scenario({
      name: 'remembers',
      summary: 'counts its runs',
      cluster: ({ addOne }) => void addOne(node),
      checks: [],
      until: '1s',
    })
    const text = await messageOf(() => expect(remembers).toHold({ seeds: 2 }))
    expect(text).toContain('not deterministic: seed 1 gave ')
  })

  it('warns of what proves nothing, and fails for it if strict', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const plan = [{ at: '5s', kind: 'heal' }] as const
    await expect(counter).toHold({ seeds: 2, plan })
    expect(warn).toHaveBeenCalledWith(
      "counter: warning: faults of kind 'heal' never fired: runs end before their time",
    )
    const text = await messageOf(() => expect(counter).toHold({ seeds: 2, plan, strict: true }))
    expect(text).toContain("faults of kind 'heal' never fired")
  })

  it('draws random faults from the seed', async () => {
    const text = await messageOf(() =>
      expect(counter).toHold({ seeds: 40, randomFaults: { faults: { degrade: { loss: [0.3, 0.6] } } } }),
    )
    expect(text).toContain(`VIOLATED  ${CHECK}`)
    expect(text).toMatch(/world +fault +degrade/)
  })

  it('with .not passes as soon as a run is violated', async () => {
    await expect(counter).not.toHold({ seeds: 20, params: { loss: 0.4 } })
    const text = await messageOf(() => expect(counter).not.toHold({ seeds: 3 }))
    expect(text).toBe('expected counter to be violated with one of seeds 1..3, but all 3 runs held')
  })
})

describe('toViolate', () => {
  it('passes when a run violates the check, whichever else are violated', async () => {
    await expect(counter).toViolate(CHECK, { seeds: 20, params: { loss: 0.4 } })
    await expect(counter).toViolate({ seeds: 20, params: { loss: 0.4 } })
  })

  it('says what the runs came to when none does', async () => {
    expect(await messageOf(() => expect(counter).toViolate(CHECK, { seeds: 3 }))).toBe(
      `expected counter to violate '${CHECK}' with one of seeds 1..3, but all 3 runs held`,
    )
    const text = await messageOf(() =>
      expect(flaky).toViolate('ticks are counted', { seeds: 3, params: { mode: 'throws', rare: 1 } }),
    )
    expect(text).toContain('but of 3 runs 0 held, 3 violated\n')
    expect(text).toContain("3 violated 'threw: flaky start: TypeError: drew #', such as seed ")
  })

  it('keeps its seeds, whatever the environment says', async () => {
    vi.stubEnv('ORRERY_SEED', '1000000')
    await expect(flaky).toViolate({ seeds: 40, params: { mode: 'throws' } })
  })
})

describe('the environment', () => {
  it('runs one seed alone', async () => {
    vi.stubEnv('ORRERY_SEED', '7')
    const text = await messageOf(() => expect(flaky).toHold({ params: { mode: 'throws', rare: 1 } }))
    expect(text).toContain('expected flaky to hold with seed 7, but seed 7 does not')
  })

  it('does not ask one seed alone for what some run must reach', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    vi.stubEnv('ORRERY_SEED', '7')
    await expect(flaky).toHold({ params: { rare: 1_000_000 } })
  })

  it('gives all tests other seeds, as many or as few as it says, apart from those that keep theirs', async () => {
    vi.stubEnv('ORRERY_SEEDS', '101..103')
    const text = await messageOf(() => expect(counter).not.toHold({ seeds: 50 }))
    expect(text).toContain('seeds 101..103, but all 3 runs held')
    expect(await messageOf(() => expect(counter).not.toHold({ seeds: 2, fixedSeeds: true }))).toContain(
      'all 2 runs',
    )
  })

  it('names a folder for bundles, which replay', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'orrery-bundles-'))
    try {
      vi.stubEnv('ORRERY_BUNDLES', folder)
      const text = await messageOf(() => expect(counter).toHold({ params: { loss: 0.4 } }))
      const [file = ''] = readdirSync(folder)
      expect(file).toMatch(/^the-environment-names-a-folder-for-bundles-which-replay-seed-\d+\.json$/)
      expect(text).toContain(`replay    npx orrery replay `)
      const { spec, fingerprint, signature } = readBundle(readFileSync(join(folder, file), 'utf8'))
      const again = await simulate(counter, optionsOf(spec))
      expect(again.fingerprint).toBe(fingerprint)
      expect(signature).toEqual({ kind: 'check', subject: CHECK })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.each([
    ['ORRERY_SEED', 'seven', "ORRERY_SEED: 'seven'; expected an integer from 0 to 9007199254740991"],
    ['ORRERY_SEEDS', '9..3', "ORRERY_SEEDS: '9..3' ends before it begins; did you mean 3..9?"],
    ['ORRERY_SEEDS', '0', "ORRERY_SEEDS: '0' is no run at all"],
  ])('refuses %s=%s', async (name, value, message) => {
    vi.stubEnv(name, value)
    expect(await messageOf(() => expect(counter).toHold())).toContain(message)
  })

  it('refuses one seed and many at once', async () => {
    vi.stubEnv('ORRERY_SEED', '1')
    vi.stubEnv('ORRERY_SEEDS', '2')
    expect(await messageOf(() => expect(counter).toHold())).toContain('are both set; expected one of them')
  })
})

describe('what is wrong with an expectation is said', () => {
  it.each([
    ['an unknown option', () => expect(counter).toHold({ seed: 3 } as object), "unknown option 'seed'"],
    [
      'no options',
      () => expect(counter).toHold(3 as unknown as object),
      'expected options such as { seeds: 200 }',
    ],
    ['no seeds', () => expect(counter).toHold({ seeds: 0 }), 'seeds: '],
    ['a parameter', () => expect(counter).toHold({ params: { lss: 1 } as object }), "did you mean 'loss'?"],
    ['what is no scenario', () => expect(simulate).toHold(), 'is no scenario'],
    [
      'an unknown check',
      () => expect(counter).toViolate('the total never exceeds what was asked', { seeds: 1 }),
      `did you mean '${CHECK}'?`,
    ],
    [
      'a plan beside random faults',
      () => expect(counter).toHold({ plan: [], swarm: true }),
      'plan and random faults exclude each other',
    ],
  ])('%s', async (_what, run, message) => {
    expect(await messageOf(run)).toContain(message)
  })
})

it('types parameters and options by the scenario', () => {
  const never = (): void => {
    // @ts-expect-error -- loss is a number
    void expect(counter).toHold({ params: { loss: 'much' } })
    // @ts-expect-error -- there is no such parameter
    void expect(counter).toHold({ params: { los: 1 } })
    // @ts-expect-error -- there is no such option
    void expect(counter).toHold({ seed: 1 })
    void expect(counter).toHold({ params: { loss: 0.1, mode: 'quiet' }, seeds: '3..9' })
  }
  expect(never).toBeTypeOf('function')
})

testScenario(counter, { seeds: 5, params: { clients: 3 } })
testExamples(counter)
