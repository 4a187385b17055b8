/**
 * Checks made of a predicate over the world: `always`, `never`, `sometimes`, `eventually`.
 */
import type { Duration } from '../kernel/time.ts'
import { formatTime, micros } from '../kernel/time.ts'
import type { RecordKind } from '../trace/records.ts'
import type { Check, CheckResult, Violation } from './check.ts'
import type { World } from './world.ts'

/** True when it holds; false or a text when it does not (the text says what was observed); undefined: nothing to see yet. */
export type Predicate = (world: World) => boolean | string | undefined

interface PredicateOptions {
  /** Look only after events that made records of these kinds. Default: after every event. */
  readonly on?: readonly RecordKind[]
}

/** The predicate holds after every event. */
export function always(name: string, predicate: Predicate, options: PredicateOptions = {}): Check {
  return {
    name,
    ...(options.on === undefined ? {} : { on: options.on }),
    begin({ world }) {
      let observations = 0
      let violation: Violation | undefined
      const result = (): CheckResult => ({
        name,
        verdict: violation === undefined ? 'held' : 'violated',
        observations,
        ...(violation === undefined ? {} : { violation }),
      })
      return {
        afterEvent() {
          if (violation !== undefined) return
          const seen = predicate(world)
          if (seen === undefined) return
          observations++
          if (seen === true) return
          violation = violationNow(world, name, seen === false ? 'it does not hold' : seen)
        },
        finish: result,
      }
    },
  }
}

/** The predicate holds after no event. Its text, if it gives one, says what was seen. */
export function never(name: string, predicate: Predicate, options: PredicateOptions = {}): Check {
  return always(
    name,
    (world) => {
      const seen = predicate(world)
      if (seen === undefined) return undefined
      return seen === false ? true : seen === true ? 'it happened' : seen
    },
    options,
  )
}

/**
 * The predicate holds after at least one event: otherwise the run shows nothing of what it is about. Among many runs,
 * one that gets there is enough.
 */
export function sometimes(name: string, predicate: Predicate, options: PredicateOptions = {}): Check {
  return {
    name,
    ...(options.on === undefined ? {} : { on: options.on }),
    begin({ world }) {
      let observations = 0
      let reached = false
      return {
        afterEvent() {
          if (reached) return
          const seen = predicate(world)
          if (seen === undefined) return
          observations++
          reached = seen === true
        },
        finish: () =>
          reached
            ? { name, verdict: 'held', observations, across: 'some' }
            : {
                name,
                verdict: 'violated',
                observations,
                violation: violationNow(world, name, 'it was never reached'),
                across: 'some',
              },
      }
    },
  }
}

interface EventuallyOptions {
  /** How long it may take at most. */
  readonly within: Duration
  /** Since when: since the end of the plan's last fault (default), or since the start of the run. */
  readonly since?: 'last-fault' | 'start'
}

/**
 * After the plan's last fault is over (or after the start), the predicate comes true within a time. How long it took is
 * a measure, `<name>: after (ms)`, of the runs in which it did.
 */
export function eventually(name: string, predicate: Predicate, options: EventuallyOptions): Check {
  const within = micros(options.within, `eventually ${name}: within`)
  const sinceStart = options.since === 'start'
  return {
    name,
    begin(context) {
      const { world } = context
      const from = sinceStart ? 0 : context.faultsEnd
      let observations = 0
      let violation: Violation | undefined
      let heldAt: number | undefined
      const look = (isDeadline: boolean): void => {
        const now = Math.round(world.now * 1000)
        if (heldAt !== undefined || violation !== undefined || now < from) return
        observations++
        const seen = predicate(world)
        if (seen === true) {
          heldAt = now
          return
        }
        // What happens at the very deadline is in time: only the look after all of it decides.
        if (!isDeadline) return
        const since = sinceStart ? 'the start' : `the end of the faults (${formatTime(from)})`
        const observed = typeof seen === 'string' ? seen : 'it does not hold'
        violation = violationNow(world, `${name} within ${formatTime(within)} of ${since}`, observed)
      }
      context.at(from, () => {
        look(false)
      })
      context.at(from + within, () => {
        look(true)
      })
      return {
        afterEvent() {
          look(false)
        },
        finish() {
          if (violation !== undefined) return { name, verdict: 'violated', observations, violation }
          if (heldAt !== undefined) {
            const measures = { [`${name}: after (ms)`]: (heldAt - from) / 1000 }
            return {
              name,
              verdict: 'held',
              observations,
              measures,
              detail: `after ${formatTime(heldAt - from)}`,
            }
          }
          return {
            name,
            verdict: 'undecided',
            observations,
            detail: 'the run ended before its time was over',
          }
        },
      }
    },
  }
}

function violationNow(world: World, expected: string, observed: string): Violation {
  return { time: Math.round(world.now * 1000), record: world.lastRecord, expected, observed }
}
