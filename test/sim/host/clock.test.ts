import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NodeClock, PPM_MAX, PPM_MIN } from '../../../sim/host/clock.ts'
import { CallerError } from '../../../sim/kernel/errors.ts'

const SEED = 41
const SECOND = 1_000_000
const YEAR = 365 * 24 * 3_600 * SECOND

const ppm = fc.oneof(
  fc.constantFrom(0, 1, -1, 100, -100, PPM_MIN, PPM_MAX),
  fc.integer({ min: PPM_MIN, max: PPM_MAX }),
)
const span = fc.oneof(
  fc.nat({ max: 10 }),
  fc.nat({ max: 10 * SECOND }),
  fc.integer({ min: 0, max: 10 * YEAR }),
)

interface Change {
  readonly after: number
  readonly ppm: number
}
const changes = fc.array(fc.record({ after: span, ppm }), { maxLength: 8 })

/** A clock to which the changes happened, and the true time of the last. */
function after(history: readonly Change[], boot = 0): { clock: NodeClock; now: number } {
  const clock = new NodeClock(boot)
  let now = boot
  for (const change of history) {
    now += change.after
    clock.setDrift(now, change.ppm)
  }
  return { clock, now }
}

describe('the monotonic clock', () => {
  it('is 0 when the machine is switched on and keeps true time without drift', () => {
    const clock = new NodeClock(5_000)
    expect([clock.monotonicAt(5_000), clock.monotonicAt(5_000 + YEAR)]).toEqual([0, YEAR])
  })

  it('runs fast or slow by the given parts per million, exactly', () => {
    for (const [drift, shown] of [
      [100, YEAR + 365 * 24 * 3_600 * 100],
      [PPM_MAX, 2 * YEAR],
      [PPM_MIN, YEAR / 2],
    ] as const) {
      const clock = new NodeClock()
      clock.setDrift(0, drift)
      expect(clock.monotonicAt(YEAR)).toBe(shown)
      expect(clock.driftPpm).toBe(drift)
    }
  })

  it('shows the exact sum of all segments, rounded down: no change of drift loses or gains time', () => {
    fc.assert(
      fc.property(changes, span, (history, more) => {
        const { clock, now } = after(history)
        let exact = 0n
        let rate = 1_000_000n
        for (const change of history) {
          exact += BigInt(change.after) * rate
          rate = 1_000_000n + BigInt(change.ppm)
        }
        exact += BigInt(more) * rate
        expect(clock.monotonicAt(now + more)).toBe(Number(exact / 1_000_000n))
      }),
      { seed: SEED, numRuns: 1_000 },
    )
  })

  it('never runs backwards, across any changes of drift, offset and steps', () => {
    fc.assert(
      fc.property(changes, span, fc.integer(), (history, more, step) => {
        const clock = new NodeClock()
        let now = 0
        let before = 0
        for (const change of [...history, { after: more, ppm: 0 }]) {
          now += change.after
          const shown = clock.monotonicAt(now)
          expect(Number.isSafeInteger(shown)).toBe(true)
          expect(shown).toBeGreaterThanOrEqual(before)
          clock.setDrift(now, change.ppm)
          clock.step(now, step)
          clock.setOffset(now, -step)
          expect(clock.monotonicAt(now)).toBe(shown)
          before = shown
        }
      }),
      { seed: SEED },
    )
  })
})

describe('the true delay of a timer', () => {
  it('is the least after which the local clock has advanced far enough: never early, never a microsecond late', () => {
    fc.assert(
      fc.property(changes, span, span, (history, since, local) => {
        const { clock, now } = after(history)
        const start = now + since
        const delay = clock.trueDelay(start, local)
        const due = clock.monotonicAt(start) + local
        expect(Number.isSafeInteger(delay)).toBe(true)
        expect(clock.monotonicAt(start + delay)).toBeGreaterThanOrEqual(due)
        if (local === 0) expect(delay).toBe(0)
        else expect(clock.monotonicAt(start + delay - 1)).toBeLessThan(due)
      }),
      { seed: SEED, numRuns: 2_000 },
    )
  })

  it('is shorter on a fast clock and longer on a slow one', () => {
    const clock = new NodeClock()
    expect(clock.trueDelay(0, SECOND)).toBe(SECOND)
    clock.setDrift(0, PPM_MAX)
    expect(clock.trueDelay(0, SECOND)).toBe(SECOND / 2)
    clock.setDrift(0, PPM_MIN)
    expect(clock.trueDelay(0, SECOND)).toBe(2 * SECOND)
    expect(clock.trueDelay(0, 1)).toBe(2)
  })

  it('is found at once for a timer of centuries', () => {
    const clock = new NodeClock()
    clock.setDrift(0, -1)
    const delay = clock.trueDelay(0, 200 * YEAR)
    expect(delay / (200 * YEAR)).toBeCloseTo(1.000001, 9)
  })
})

describe('the wall clock', () => {
  it('is right at first and goes off with the drift', () => {
    const clock = new NodeClock(1_000)
    expect(clock.wallAt(1_000)).toBe(1_000)
    clock.setDrift(1_000, 50)
    expect(clock.skewAt(1_000 + 60 * SECOND)).toBe(3_000)
  })

  it('jumps by a step, back as well, and only by that', () => {
    fc.assert(
      fc.property(
        changes,
        span,
        fc.integer({ min: -YEAR, max: YEAR }),
        span,
        (history, since, step, more) => {
          const { clock, now } = after(history, 777)
          const at = now + since
          const before = clock.wallAt(at)
          const ran = clock.monotonicAt(at + more) - clock.monotonicAt(at)
          clock.step(at, step)
          expect(clock.wallAt(at)).toBe(before + step)
          expect(clock.wallAt(at + more)).toBe(before + step + ran)
        },
      ),
      { seed: SEED },
    )
  })

  it('is set relative to true time, whatever it showed', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: -YEAR, max: YEAR }), (history, offset) => {
        const { clock, now } = after(history, 777)
        clock.step(now, 12_345)
        clock.setOffset(now, offset)
        expect(clock.skewAt(now)).toBe(offset)
      }),
      { seed: SEED },
    )
  })
})

describe('a mistaken change of a clock', () => {
  it('is refused with the value', () => {
    const clock = new NodeClock()
    for (const drift of [PPM_MIN - 1, PPM_MAX + 1, 0.5, NaN]) {
      expect(() => clock.setDrift(0, drift)).toThrow(CallerError)
      expect(() => clock.setDrift(0, drift)).toThrow(`clock drift ${drift}; expected an integer`)
    }
    expect(() => clock.step(0, 0.5)).toThrow('clock step 0.5; expected an integer number of microseconds')
    expect(() => clock.setOffset(0, Infinity)).toThrow('clock offset Infinity')
    expect(clock.wallAt(10)).toBe(10)
  })

  it('to read before the last change is a broken invariant', () => {
    const clock = new NodeClock(100)
    expect(() => clock.monotonicAt(99)).toThrow('broken invariant')
  })
})
