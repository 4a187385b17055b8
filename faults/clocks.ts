/**
 * Clocks that are wrong (skew), run at a wrong rate (drift), or are set (step). They are the machine's: a crash does not
 * put them right.
 *
 * Skew stands for a machine whose time was never right, drift for a bad oscillator (RFC 5905 assumes at most 500 ppm,
 * ordinary quartz is within 100), a step for NTP or an operator setting the clock, back as well as forwards.
 */
import { z } from 'zod'
import { PPM_MAX, PPM_MIN } from '../sim/host/clock.ts'
import { duration, signedDuration, signedMicros, targets } from './fields.ts'
import { faultKind, InForce, named, perRun } from './kind.ts'

/** `clock-skew`: the wall clock is off for a while. */
export const clockSkewKind = faultKind(
  {
    kind: 'clock-skew',
    about:
      'Skews wall clocks: they are ahead (or behind) by so much while it lasts, then go back. Several add up. Timers and ' +
      'monotonic clocks do not notice.',
    fields: {
      node: targets('Whose clocks.'),
      by: signedDuration("How far ahead: '500ms' or 500; behind: '-2s' or -2000."),
      for: duration('How long. Left out: for the rest of the run.').optional(),
    },
    example: { at: '1s', node: 'replica[2]', by: '-2s', for: '10s' },
  },
  (fault, place) => {
    const selectors = place.targets('node', fault.node)
    const by = signedMicros(fault.by, place.field('by'))
    return (control) => {
      const skewed = by === 0 ? [] : control.select(selectors)
      for (const id of skewed) control.stepClock(id, by)
      const touched = named(control, skewed)
      return {
        touched,
        end: () => {
          for (const id of skewed) control.stepClock(id, -by)
          return touched
        },
      }
    }
  },
)

/** `clock-step`: the wall clock is set. */
export const clockStepKind = faultKind(
  {
    kind: 'clock-step',
    about: 'Steps wall clocks once, forwards or back, as setting the time does. It stays: a step has no end.',
    fields: {
      node: targets('Whose clocks.'),
      by: signedDuration("How far forwards: '500ms' or 500; back: '-2s' or -2000."),
    },
    example: { at: '4s', node: 'replica[0]', by: '-300ms' },
  },
  (fault, place) => {
    const selectors = place.targets('node', fault.node)
    const by = signedMicros(fault.by, place.field('by'))
    return (control) => {
      const stepped = by === 0 ? [] : control.select(selectors)
      for (const id of stepped) control.stepClock(id, by)
      return { touched: named(control, stepped) }
    }
  },
)

interface Drifts {
  /** The drift that a clock has when no fault is in force. */
  readonly usual: Map<number, number>
  readonly inForce: InForce<number>
}

const drifts = perRun<Drifts>(() => ({ usual: new Map(), inForce: new InForce() }))

const PPM = `an integer number of parts per million from ${PPM_MIN} to ${PPM_MAX}`

/** `clock-drift`: both clocks of a machine run at a wrong rate. */
export const clockDriftKind = faultKind(
  {
    kind: 'clock-drift',
    about:
      'Makes clocks drift: wall clock, monotonic clock and timers run at another rate. Of overlapping drifts the one ' +
      'that began last counts. Afterwards the rate is the usual one again; the time gained or lost stays.',
    fields: {
      node: targets('Whose clocks.'),
      ppm: z
        .int({ error: PPM })
        .min(PPM_MIN, { error: PPM })
        .max(PPM_MAX, { error: PPM })
        .describe('Rate in parts per million: 200 gains 200 microseconds a second, -200 loses them.'),
      for: duration('How long. Left out: for the rest of the run.').optional(),
    },
    example: { at: '0s', node: 'replica[1]', ppm: 20_000, for: '30s' },
  },
  (fault, place) => {
    const selectors = place.targets('node', fault.node)
    const { ppm } = fault
    return (control) => {
      const { usual, inForce } = drifts(control)
      const token = {}
      const selected = control.select(selectors)
      for (const id of selected) {
        const before = control.setDrift(id, ppm)
        if (!usual.has(id)) usual.set(id, before)
        inForce.begin(id, token, ppm)
      }
      const touched = named(control, selected)
      return {
        touched,
        end: () => {
          for (const id of selected) {
            inForce.end(id, token)
            control.setDrift(id, inForce.of(id).at(-1) ?? (usual.get(id) as number))
          }
          return touched
        },
      }
    }
  },
)
