// How seeds are handed to lanes that die, lie and come to different ends; the lanes are functions.
import { describe, expect, it } from 'vitest'
import type { DispatchOptions, Mismatch } from '../../cli/sweep/dispatcher.ts'
import { Dispatcher } from '../../cli/sweep/dispatcher.ts'
import type { BatchReply, Lane } from '../../cli/sweep/lane.ts'
import { LaneDied, receiveError, sendError } from '../../cli/sweep/lane.ts'
import { isVerified, seedsOf } from '../../sim/explore/sweep.ts'
import type { SweepOutcome } from '../../sim/explore/sweep-tally.ts'
import { isLost } from '../../sim/explore/sweep-tally.ts'
import { CallerError, InvariantError } from '../../sim/kernel/errors.ts'
import { heldRun } from '../explore/outcomes.ts'

/** A lane whose thread does what `behave` says of a seed, one batch after the other. */
class FakeLane implements Lane {
  readonly depth = 2
  readonly seen: number[] = []
  private readonly behave: (seed: number, lane: FakeLane) => 'die' | SweepOutcome
  private generation = 0
  private last: Promise<unknown> = Promise.resolve()

  constructor(behave: (seed: number, lane: FakeLane) => 'die' | SweepOutcome = (seed) => heldRun(seed)) {
    this.behave = behave
  }

  run(seeds: readonly number[]): Promise<BatchReply> {
    const { generation } = this
    const reply = this.last.then(() => {
      // All that was in flight dies with the thread.
      if (generation !== this.generation) throw new LaneDied('its worker exited with code 9')
      const lines: string[] = []
      for (const seed of seeds) {
        this.seen.push(seed)
        const outcome = this.behave(seed, this)
        if (outcome === 'die') {
          this.generation++
          throw new LaneDied('its worker exited with code 9')
        }
        lines.push(JSON.stringify(outcome))
      }
      return { lines, millis: seeds.length }
    })
    this.last = reply.catch(() => undefined)
    return reply
  }

  trace = (): Promise<void> => Promise.resolve()
  close = (): Promise<void> => Promise.resolve()
}

interface Dispatched {
  readonly outcomes: readonly SweepOutcome[]
  readonly verified: readonly number[]
  readonly deaths: number
  readonly mismatch: Mismatch | undefined
}

async function dispatch(lanes: readonly Lane[], more: Partial<DispatchOptions> = {}): Promise<Dispatched> {
  const outcomes: SweepOutcome[] = []
  const verified: number[] = []
  let deaths = 0
  const mismatch = await new Dispatcher({
    lanes,
    seeds: seedsOf({ from: 1, to: 300 }),
    limit: () => Infinity,
    share: 0,
    unverified: [],
    onOutcome: (outcome) => outcomes.push(outcome),
    onVerified: (seed) => verified.push(seed),
    onDeath: () => deaths++,
    ...more,
  }).run()
  return { outcomes, verified, deaths, mismatch }
}

const seedsIn = (outcomes: readonly SweepOutcome[]): number[] =>
  outcomes.map(({ seed }) => seed).sort((a, b) => a - b)
const all = [...seedsOf({ from: 1, to: 300 })]

describe('seeds', () => {
  it('are run once each, whatever the number of lanes', async () => {
    for (const count of [1, 2, 5]) {
      const lanes = Array.from({ length: count }, () => new FakeLane())
      expect(seedsIn((await dispatch(lanes)).outcomes)).toEqual(all)
      expect(lanes.flatMap(({ seen }) => seen).length).toBe(300)
    }
  })

  it('beyond the limit are not handed out', async () => {
    const lane = new FakeLane()
    await dispatch([lane], { limit: () => 7 })
    expect(lane.seen).toEqual([1, 2, 3, 4, 5, 6, 7])
  })
})

describe('a worker that dies', () => {
  it('costs its batch a retry and nothing else', async () => {
    let died = false
    const lanes = [1, 2].map(
      () =>
        new FakeLane((seed) => {
          if (seed !== 50 || died) return heldRun(seed)
          died = true
          return 'die'
        }),
    )
    const { outcomes, deaths } = await dispatch(lanes)
    expect(deaths).toBe(1)
    expect(outcomes.some(isLost)).toBe(false)
    expect(seedsIn(outcomes)).toEqual(all)
  })

  it('each time of the same seeds loses those alone', async () => {
    const poison = new Set([3, 50, 51, 200])
    const lanes = [1, 2].map(() => new FakeLane((seed) => (poison.has(seed) ? 'die' : heldRun(seed))))
    const { outcomes } = await dispatch(lanes)
    expect(seedsIn(outcomes)).toEqual(all)
    expect(outcomes.filter(isLost)).toEqual(
      expect.arrayContaining([...poison].map((seed) => ({ seed, lost: 'its worker exited with code 9' }))),
    )
    expect(outcomes.filter(isLost).length).toBe(poison.size)
  })

  it('while it repeats a run leaves the run as it was', async () => {
    const first = new FakeLane()
    const verifier = new FakeLane(() => 'die')
    const { outcomes, verified, mismatch } = await dispatch([first], { verifier, share: 0.1 })
    expect({ runs: outcomes.length, lost: outcomes.some(isLost), verified, mismatch }).toEqual({
      runs: 300,
      lost: false,
      verified: [],
      mismatch: undefined,
    })
  })
})

describe('verification', () => {
  const chosen = all.filter((seed) => isVerified(seed, 0.2))

  it('repeats the chosen runs, each on another lane than the first', async () => {
    const lanes = [new FakeLane(), new FakeLane(), new FakeLane()]
    const { verified, mismatch } = await dispatch(lanes, { share: 0.2 })
    expect(mismatch).toBeUndefined()
    expect([...verified].sort((a, b) => a - b)).toEqual(chosen)
    for (const { seen } of lanes) expect(new Set(seen).size).toBe(seen.length)
    expect(lanes.flatMap(({ seen }) => seen).length).toBe(300 + chosen.length)
  })

  it('by one lane of its own repeats the chosen runs only', async () => {
    const verifier = new FakeLane()
    await dispatch([new FakeLane()], { share: 0.2, verifier })
    expect(verifier.seen.sort((a, b) => a - b)).toEqual(chosen)
  })

  it('ends the sweep at a run that comes to something else', async () => {
    const lanes = [new FakeLane(), new FakeLane((seed) => heldRun(seed, { events: 11 }))]
    const { mismatch } = await dispatch(lanes, { share: 0.2 })
    expect(chosen).toContain(mismatch?.seed)
    const { seed = 0 } = mismatch ?? {}
    const lines = [JSON.stringify(heldRun(seed)), JSON.stringify(heldRun(seed, { events: 11 }))]
    expect([mismatch?.first, mismatch?.again].sort()).toEqual(lines.sort())
    expect(lanes).toContain(mismatch?.lane)
  })

  it('repeats what an earlier session left', async () => {
    const unverified = [401, 402].map((seed) => ({ seed, line: JSON.stringify(heldRun(seed)) }))
    const { verified } = await dispatch([new FakeLane(), new FakeLane()], { unverified })
    expect([...verified].sort()).toEqual([401, 402])
  })
})

describe('an error in a lane', () => {
  it.each([
    ['CallerError', new CallerError('seed 3: n = -1')],
    ['InvariantError', new InvariantError('seed 3: broken invariant')],
    ['Error', new Error('seed 3: something else')],
  ])('that is a %s ends the sweep as one', async (name, error) => {
    const lane = new FakeLane()
    lane.run = () => Promise.resolve({ error: structuredClone(sendError(error)) })
    await expect(dispatch([lane])).rejects.toMatchObject({ name, message: error.message })
    expect(receiveError(sendError(error)).stack).toBe(error.stack)
  })
})
