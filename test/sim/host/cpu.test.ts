import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { Cpu } from '../../../sim/host/cpu.ts'
import type { CpuJob, CpuScheduler } from '../../../sim/host/cpu.ts'
import { CallerError } from '../../../sim/kernel/errors.ts'

const SEED = 51

interface Due {
  readonly time: number
  readonly serial: number
  readonly act: () => void
  cancelled: boolean
}

/** The smallest event loop: first by time, then by the order of scheduling. */
class Loop implements CpuScheduler<number> {
  time = 0
  #serial = 0
  #due: Due[] = []

  now(): number {
    return this.time
  }

  plan(time: number, act: () => void): Due {
    if (!Number.isSafeInteger(time) || time < this.time)
      throw new Error(`planned for ${time} at ${this.time}`)
    const due = { time, serial: this.#serial++, act, cancelled: false }
    this.#due.push(due)
    return due
  }

  at(delayUs: number, job: CpuJob<number>): Due {
    return this.plan(this.time + delayUs, () => job.cpu.finish(job))
  }

  cancel(handle: unknown): void {
    const due = handle as Due
    if (due.cancelled || !this.#due.includes(due)) throw new Error('cancelled a job that is not due')
    due.cancelled = true
  }

  run(until = Infinity): void {
    for (;;) {
      const next = this.#due
        .filter((due) => !due.cancelled)
        .reduce<Due | undefined>((a, b) => (a === undefined || b.time < a.time ? b : a), undefined)
      if (next === undefined || next.time > until) break
      this.#due = this.#due.filter((due) => due !== next && !due.cancelled)
      this.time = next.time
      next.act()
    }
    if (until !== Infinity) this.time = until
  }
}

interface Finished {
  readonly job: number
  readonly at: number
}

function machine(cores = 1): { loop: Loop; cpu: Cpu<number>; finished: Finished[] } {
  const loop = new Loop()
  const finished: Finished[] = []
  const cpu = new Cpu<number>(cores, loop, (job) => finished.push({ job, at: loop.time }))
  return { loop, cpu, finished }
}

const jobsOf = (finished: readonly Finished[]): number[] => finished.map(({ job }) => job)

interface Arrival {
  readonly gap: number
  readonly cost: number
}
const arrivals = fc.array(fc.record({ gap: fc.nat({ max: 60 }), cost: fc.nat({ max: 100 }) }), {
  minLength: 1,
  maxLength: 30,
})
const cores = fc.integer({ min: 1, max: 4 })

/** Submits job i at its arrival time; the arrival times. */
function feed(loop: Loop, cpu: Cpu<number>, list: readonly Arrival[]): number[] {
  let time = 0
  return list.map(({ gap, cost }, i) => {
    time += gap
    loop.plan(time, () => cpu.submit(cost, i))
    return time
  })
}

/** When each job ends on `cores` servers with one queue: the recursion of Kiefer and Wolfowitz (1955). */
function expectedEnds(list: readonly Arrival[], times: readonly number[], coreCount: number): number[] {
  const free = Array.from({ length: coreCount }, () => 0)
  return list.map(({ cost }, i) => {
    free.sort((a, b) => a - b)
    const end = Math.max(free[0]!, times[i]!) + cost
    free[0] = end
    return end
  })
}

describe('a CPU', () => {
  it('serves first in, first out on all its cores, as theory has it job by job', () => {
    fc.assert(
      fc.property(arrivals, cores, (list, coreCount) => {
        const { loop, cpu, finished } = machine(coreCount)
        const ends = expectedEnds(list, feed(loop, cpu, list), coreCount)
        loop.run()
        expect(finished.toSorted((a, b) => a.job - b.job).map(({ at }) => at)).toEqual(ends)
        if (coreCount === 1) expect(jobsOf(finished)).toEqual(list.map((_, i) => i))
      }),
      { seed: SEED, numRuns: 500 },
    )
  })

  it('never leaves a core idle while a job waits, and its busy time is the work done', () => {
    fc.assert(
      fc.property(arrivals, cores, (list, coreCount) => {
        const { loop, cpu } = machine(coreCount)
        feed(loop, cpu, list)
        let busyBefore = 0
        for (let time = 0; time <= 6_000; time += 13) {
          loop.run(time)
          expect(cpu.queued === 0 || cpu.busy === coreCount).toBe(true)
          expect(cpu.idle).toBe(cpu.queued === 0 && cpu.busy < coreCount)
          const busy = cpu.busyMicros(time)
          expect(busy - busyBefore).toBeLessThanOrEqual(13 * coreCount)
          busyBefore = busy
        }
        expect(busyBefore).toBe(list.reduce((sum, { cost }) => sum + cost, 0))
        expect([cpu.busy, cpu.queued]).toEqual([0, 0])
      }),
      { seed: SEED },
    )
  })

  it('runs a job that costs nothing at once if it is idle, and in its turn if not', () => {
    const { loop, cpu, finished } = machine()
    cpu.submit(0, 1)
    expect(jobsOf(finished)).toEqual([1])
    cpu.submit(10, 2)
    cpu.submit(0, 3)
    cpu.submit(5, 4)
    expect(cpu.queued).toBe(2)
    loop.run()
    expect(finished.slice(1)).toEqual([
      { job: 2, at: 10 },
      { job: 3, at: 10 },
      { job: 4, at: 15 },
    ])
  })

  it('puts what a finished job submits behind what already waits', () => {
    const loop = new Loop()
    const order: number[] = []
    const cpu = new Cpu<number>(1, loop, (job) => {
      order.push(job)
      if (job < 10) cpu.submit(job % 2 === 0 ? 0 : 5, job + 10)
    })
    for (const job of [1, 2, 3]) cpu.submit(7, job)
    loop.run()
    expect(order).toEqual([1, 2, 3, 11, 12, 13])
    expect(loop.time).toBe(31)
  })

  it('keeps the order of jobs that end at one instant, also after a pause', () => {
    const { loop, cpu, finished } = machine(3)
    for (const job of [1, 2, 3]) cpu.submit(10, job)
    loop.run(4)
    cpu.pause()
    cpu.resume()
    loop.run()
    expect(jobsOf(finished)).toEqual([1, 2, 3])
  })

  it('keeps a queue of thousands in order while it is filled and drained', () => {
    const { loop, cpu, finished } = machine()
    for (let i = 0; i < 2_000; i++) cpu.submit(i % 3, i)
    loop.run()
    expect(jobsOf(finished)).toEqual(Array.from({ length: 2_000 }, (_, i) => i))
  })
})

describe('pausing a CPU', () => {
  it('moves every later end by the length of the pause, whatever the speed', () => {
    const speed = fc.constantFrom(1, 0.5, 2, 0.1, 3, 0.7)
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 9 }),
        cores,
        speed,
        fc.nat({ max: 300 }),
        fc.nat({ max: 500 }),
        (costs, coreCount, factor, at, length) => {
          const run = (pauses: boolean): Finished[] => {
            const { loop, cpu, finished } = machine(coreCount)
            cpu.setSpeed(factor)
            costs.forEach((cost, i) => cpu.submit(cost, i))
            if (pauses) {
              loop.run(at)
              cpu.pause()
              loop.run(at + length)
              cpu.resume()
            }
            loop.run()
            return finished
          }
          expect(run(true)).toEqual(
            run(false).map(({ job, at: end }) => ({ job, at: end > at ? end + length : end })),
          )
        },
      ),
      { seed: SEED, numRuns: 500 },
    )
  })

  it('keeps what arrives in the queue and counts no busy time', () => {
    const { loop, cpu, finished } = machine(2)
    cpu.submit(10, 1)
    loop.run(4)
    cpu.pause()
    cpu.pause()
    cpu.submit(0, 2)
    cpu.submit(5, 3)
    loop.run(100)
    expect([cpu.paused, cpu.idle, cpu.busy, cpu.queued, cpu.busyMicros(100)]).toEqual([true, false, 1, 2, 4])
    cpu.resume()
    cpu.resume()
    loop.run()
    expect(finished).toEqual([
      { job: 2, at: 100 },
      { job: 3, at: 105 },
      { job: 1, at: 106 },
    ])
    expect(cpu.busyMicros(loop.time)).toBe(15)
  })
})

describe('the speed of a CPU', () => {
  it('rescales what is left of running jobs', () => {
    const { loop, cpu, finished } = machine()
    cpu.submit(100, 1)
    cpu.submit(100, 2)
    loop.run(40)
    cpu.setSpeed(0.5)
    loop.run(100)
    cpu.setSpeed(3)
    loop.run()
    // 40 + 60 * 0.5 = 70 of 100 done at 100; 30 left at speed 3.
    expect(finished).toEqual([
      { job: 1, at: 110 },
      { job: 2, at: 144 },
    ])
  })

  it('conserves work: a job ends less than a microsecond after its cost is done, through any changes', () => {
    const segment = fc.record({
      length: fc.integer({ min: 0, max: 50 }),
      factor: fc.double({ min: 0.1, max: 10, noNaN: true }),
      paused: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.array(segment, { maxLength: 12 }),
        (cost, segments) => {
          const { loop, cpu, finished } = machine()
          cpu.submit(cost, 0)
          let left = cost
          let speed = 1
          let ended: number | undefined
          for (const { length, factor, paused } of segments) {
            cpu.setSpeed(factor)
            speed = factor
            if (paused) cpu.pause()
            else cpu.resume()
            if (!paused && ended === undefined && left / speed <= length - 1e-6)
              ended = loop.time + left / speed
            if (!paused) left -= length * speed
            loop.run(loop.time + length)
          }
          cpu.resume()
          ended ??= loop.time + Math.max(0, left) / speed
          loop.run()
          const late = finished[0]!.at - ended
          expect(late).toBeGreaterThan(-1e-3)
          expect(late).toBeLessThan(1 + 1e-3)
        },
      ),
      { seed: SEED, numRuns: 1_000 },
    )
  })

  it('must be a factor above 0', () => {
    const { cpu } = machine()
    for (const factor of [0, -1, NaN, Infinity]) expect(() => cpu.setSpeed(factor)).toThrow(CallerError)
    expect(() => cpu.setSpeed(0)).toThrow('CPU speed 0; expected a factor above 0')
    expect(() => new Cpu(0, new Loop(), () => undefined)).toThrow(
      'a CPU with 0 cores; expected an integer of at least 1',
    )
  })
})

describe('a crash', () => {
  it.each([false, true])('drops running and waiting jobs for good (paused: %s)', (paused) => {
    const { loop, cpu, finished } = machine(2)
    for (const job of [1, 2, 3]) cpu.submit(10, job)
    loop.run(4)
    if (paused) cpu.pause()
    cpu.clear()
    expect([cpu.busy, cpu.queued, cpu.busyMicros(4)]).toEqual([0, 0, 8])
    cpu.resume()
    cpu.submit(1, 4)
    loop.run()
    expect(finished).toEqual([{ job: 4, at: 5 }])
  })

  it('inside a job that has just finished leaves nothing to run', () => {
    const loop = new Loop()
    const order: number[] = []
    const cpu = new Cpu<number>(1, loop, (job) => {
      order.push(job)
      cpu.clear()
    })
    for (const job of [1, 2, 3]) cpu.submit(10, job)
    loop.run()
    expect(order).toEqual([1])
    expect(cpu.idle).toBe(true)
  })
})

describe('waiting times under random load', () => {
  const MEAN_COST = 1_000
  const WARM_UP = 2_000
  const JOBS = 12_000
  const REPEATS = 20

  /** Mean wait in one run, arrivals Poisson at `load` of the capacity, every event through the CPU. */
  function meanWait(seed: string, load: number, coreCount: number, cost: (draw: number) => number): number {
    const draw = seedrandom(seed)
    let time = 0
    let pending: { due: number; job: CpuJob<number> }[] = []
    let waited = 0
    const costs: number[] = []
    const arrived: number[] = []
    const cpu = new Cpu<number>(
      coreCount,
      {
        now: () => time,
        at: (delay, job) => pending.push({ due: time + delay, job }),
        cancel: () => undefined,
      },
      (job) => {
        if (job >= WARM_UP) waited += time - arrived[job]! - costs[job]!
      },
    )
    const runUntil = (end: number): void => {
      for (;;) {
        const next = pending.reduce<{ due: number; job: CpuJob<number> } | undefined>(
          (a, b) => (a === undefined || b.due < a.due ? b : a),
          undefined,
        )
        if (next === undefined || next.due > end) break
        pending = pending.filter((each) => each !== next)
        time = next.due
        cpu.finish(next.job)
      }
    }
    let arrival = 0
    for (let job = 0; job < JOBS; job++) {
      arrival += (-Math.log(1 - draw()) * MEAN_COST) / (load * coreCount)
      runUntil(Math.round(arrival))
      time = Math.round(arrival)
      arrived.push(time)
      costs.push(cost(draw()))
      cpu.submit(costs[job]!, job)
    }
    runUntil(Infinity)
    return waited / (JOBS - WARM_UP)
  }

  const constant = (): number => MEAN_COST
  const exponential = (draw: number): number => Math.max(1, Math.round(-Math.log(1 - draw) * MEAN_COST))

  // Pollaczek and Khinchine for one core: load / (1 - load) * (1 + cv^2) / 2 * mean cost; Erlang C for two.
  it.each([
    { name: 'M/D/1', load: 0.7, coreCount: 1, cost: constant, wait: (0.7 / 0.3 / 2) * MEAN_COST },
    { name: 'M/M/1', load: 0.7, coreCount: 1, cost: exponential, wait: (0.7 / 0.3) * MEAN_COST },
    {
      name: 'M/M/2',
      load: 0.7,
      coreCount: 2,
      cost: exponential,
      wait: (0.7 ** 2 / (1 - 0.7 ** 2)) * MEAN_COST,
    },
  ])('$name agrees with theory', ({ name, load, coreCount, cost, wait }) => {
    const runs = Array.from({ length: REPEATS }, (_, i) => meanWait(`${name} ${i}`, load, coreCount, cost))
    const mean = runs.reduce((sum, run) => sum + run, 0) / REPEATS
    const variance = runs.reduce((sum, run) => sum + (run - mean) ** 2, 0) / (REPEATS - 1)
    const error = Math.sqrt(variance / REPEATS)
    // The runs are independent: four standard errors of their mean, which must themselves be small to say anything.
    expect(error / wait).toBeLessThan(0.03)
    expect(Math.abs(mean - wait)).toBeLessThan(4 * error)
  })
})
