// The balanced service against queueing theory. Every expected number is a formula; tolerances are four standard errors,
// estimated from independent seeds, which the tests also bound so that they stay able to fail.
import { describe, expect, it } from 'vitest'
import { choice, integer, number, scenario, simulate } from '../../../index.ts'
import {
  backend,
  balancer,
  client,
  drawWork,
  poissonRequests,
  secondMoment,
  workloads,
} from '../../../nodes/balancing/index.ts'

const MEAN_MS = 10

/** Poisson arrivals, no network delay, no faults: a queueing system and nothing else. */
const queue = scenario({
  name: 'queue',
  summary: 'a queueing system',
  params: {
    strategy: choice(['round-robin', 'random', 'two-choices', 'least-connections', 'response-time'], {
      default: 'random',
    }),
    backends: integer({ default: 1 }),
    cores: integer({ default: 1 }),
    load: number({ default: 0.7 }),
    work: choice(workloads, { default: 'exponential' }),
    requests: integer({ default: 5000 }),
  },
  cluster({ add, addOne, network, params: { strategy, cores, ...params } }) {
    const backends = add(backend, params.backends, { cores })
    add(client, 1, {
      balancer: addOne(balancer, { strategy, backends, timeout: '1m' }),
      source: 1,
      timeout: '1m',
    })
    network({ delay: 0 })
  },
  workload({ params, random }) {
    const perSecond = (params.load * params.backends * params.cores * 1000) / MEAN_MS
    const work = (): number => drawWork(params.work, MEAN_MS, random)
    return poissonRequests('client[0]', { perSecond, seconds: params.requests / perSecond, work }, random)
  },
  checks: [],
  until: '10m',
})

type Settings = NonNullable<NonNullable<Parameters<typeof simulate<(typeof queue)['params']>>[1]>['params']>

/** Mean time in the system over independent runs, in mean service times, and its standard error. */
async function timeInSystem(params: Settings, runs = 12): Promise<{ mean: number; error: number }> {
  const means: number[] = []
  for (let seed = 1; seed <= runs; seed++) {
    const { metrics, failures } = await simulate(queue, { seed, params })
    expect(failures).toEqual([])
    const { latency } = metrics
    means.push(latency?.kind === 'samples' ? latency.mean / MEAN_MS : NaN)
  }
  const mean = means.reduce((sum, each) => sum + each, 0) / runs
  const variance = means.reduce((sum, each) => sum + (each - mean) * (each - mean), 0) / (runs - 1)
  return { mean, error: Math.sqrt(variance / runs) }
}

async function expectTime(params: Settings, theory: number): Promise<void> {
  const { mean, error } = await timeInSystem(params)
  expect(error / theory, 'the standard error is small enough to say something').toBeLessThan(0.06)
  expect(Math.abs(mean - theory), `measured ${mean}, theory ${theory}, error ${error}`).toBeLessThan(
    4 * error,
  )
}

/** Erlang's C formula: the probability of waiting in M/M/c at this load of each server. */
function waiting(c: number, load: number): number {
  let blocked = 1
  for (let k = 1; k <= c; k++) blocked = (load * c * blocked) / (k + load * c * blocked)
  return blocked / (1 - load * (1 - blocked))
}

describe('a backend is a queue of theory', () => {
  it('M/M/1: 1 / (1 - load)', async () => {
    await expectTime({}, 1 / (1 - 0.7))
    await expectTime({ load: 0.5 }, 2)
  })

  it.each(workloads)('M/G/1 with %s work: the Pollaczek-Khinchine formula', async (work) => {
    const load = 0.4
    await expectTime({ work, load }, 1 + (load * secondMoment(work)) / (2 * (1 - load)))
  })

  it('M/M/4: the Erlang C formula', async () => {
    await expectTime({ cores: 4, load: 0.8 }, 1 + waiting(4, 0.8) / (4 * (1 - 0.8)))
  })
})

describe('strategies are the policies of theory', () => {
  it('random: four independent M/M/1', async () => {
    await expectTime({ backends: 4, requests: 10_000 }, 1 / (1 - 0.7))
  })

  it('round robin over four: E4/M/1, arrivals more regular than Poisson', async () => {
    // Sigma solves sigma = A*(mu (1 - sigma)), A* the transform of the time between arrivals; here mu is 1.
    let sigma = 0.5
    for (let i = 0; i < 200; i++) {
      const stage = (4 * 0.7) / (4 * 0.7 + 1 - sigma)
      sigma = stage * stage * stage * stage
    }
    await expectTime({ strategy: 'round-robin', backends: 4, requests: 10_000 }, 1 / (1 - sigma))
  })

  it('two choices among many: the sum of load^(2^i - 2)', async () => {
    // Mitzenmacher's limit for many servers; with a hundred it is a little more.
    const load = 0.8
    let theory = 0
    for (let i = 1; i < 12; i++) theory += Math.exp((Math.exp(i * Math.LN2) - 2) * Math.log(load))
    const { mean, error } = await timeInSystem(
      { strategy: 'two-choices', backends: 100, load, requests: 15_000 },
      6,
    )
    expect(error / theory).toBeLessThan(0.02)
    expect(mean).toBeGreaterThan(theory - 0.1 - 4 * error)
    expect(mean).toBeLessThan(theory * 1.05 + 4 * error)
  })

  it('the shorter queue beats turns, turns beat chance, and one queue for all beats everything', async () => {
    const at = async (strategy: Settings['strategy']): Promise<number> => {
      const { mean, error } = await timeInSystem({
        ...(strategy === undefined ? {} : { strategy }),
        backends: 4,
        load: 0.8,
      })
      expect(error / mean).toBeLessThan(0.06)
      return mean
    }
    const [chance, turns, two, shortest, ewma] = [
      await at('random'),
      await at('round-robin'),
      await at('two-choices'),
      await at('least-connections'),
      await at('response-time'),
    ]
    const oneQueue = 1 + waiting(4, 0.8) / (4 * (1 - 0.8))
    expect(turns).toBeLessThan(0.8 * chance)
    expect(two).toBeLessThan(0.8 * turns)
    expect(shortest).toBeLessThan(two)
    expect(shortest).toBeGreaterThan(oneQueue)
    expect(ewma).toBeLessThan(turns)
  })
})
