// Histories for the tests of checkers, and a twin of the checkers that is too simple to be wrong: it tries every order.
import fc from 'fast-check'
import type { HistoryCall } from '../../../sim/checks/history.ts'
import type { Model } from '../../../sim/checks/models/model.ts'

/** A call as a line: who, what, with what, what came back (`'?'`: nobody knows), from when to when. */
export type Line = readonly [
  process: string,
  name: string,
  input: unknown,
  output: unknown,
  from: number,
  to: number,
  object?: string,
]

export function history(...lines: readonly Line[]): readonly HistoryCall[] {
  return lines.map(([process, name, input, output, from, to, object], index) => {
    const known = output !== '?'
    const end = known ? to : Infinity
    return {
      id: index + 1,
      process,
      name,
      input,
      output: known ? output : undefined,
      known,
      object,
      from,
      to: end,
    }
  })
}

/** Whether some order of the calls (all known ones, any of the unknown) fits and is allowed by `mayPrecede`. */
function someOrder(
  calls: readonly HistoryCall[],
  model: Model,
  mustPrecede: (a: HistoryCall, b: HistoryCall) => boolean,
): boolean {
  const states = new Map<string, unknown>()
  const place = (left: readonly HistoryCall[]): boolean => {
    if (left.every(({ known }) => !known)) return true
    return left.some((call) => {
      if (left.some((other) => other !== call && other.known && mustPrecede(other, call))) return false
      const key = String(call.object)
      const before = states.has(key) ? states.get(key) : model.initial
      const after = model.step(before, call)
      if (after === undefined) return false
      states.set(key, after)
      const found = place(left.filter((other) => other !== call))
      states.set(key, before)
      return found
    })
  }
  return place(calls)
}

export function isLinearizable(calls: readonly HistoryCall[], model: Model): boolean {
  return someOrder(calls, model, (a, b) => a.to < b.from)
}

export function isSequential(calls: readonly HistoryCall[], model: Model): boolean {
  return someOrder(calls, model, (a, b) => a.process === b.process && a.to < b.from)
}

/** What a call may be: its name, its input, and what it may have answered. */
export type Shape = readonly [name: string, inputs: readonly unknown[], outputs: readonly unknown[]]

/** Small histories at random: most calls overlap, most answers are wrong, some are unknown. */
export function smallHistories(
  shapes: readonly Shape[],
  options: { readonly calls?: number; readonly processes?: number; readonly objects?: number } = {},
): fc.Arbitrary<readonly HistoryCall[]> {
  const { calls = 7, processes = 3, objects = 1 } = options
  const call = fc.record({
    shape: fc.constantFrom(...shapes).chain(([name, inputs, outputs]) =>
      fc.record({
        name: fc.constant(name),
        input: fc.constantFrom(...inputs),
        output: fc.constantFrom(...outputs),
      }),
    ),
    process: fc.nat(processes - 1),
    object: fc.nat(objects - 1),
    wait: fc.nat(3),
    lasts: fc.nat(8),
    isUnknown: fc.integer({ min: 0, max: 6 }).map((one) => one === 0),
  })
  return fc.array(call, { minLength: 1, maxLength: calls }).map((drawn) => {
    const free = new Map<number, number>()
    let serial = 0
    return drawn.map(({ shape, process, object, wait, lasts, isUnknown }, index): HistoryCall => {
      // Fractions keep all positions apart.
      const from = (free.get(process) ?? 0) + wait + ++serial / 1000
      const to = from + lasts + 0.5 + ++serial / 1000
      free.set(process, to)
      const { name, input, output } = shape
      return {
        id: index + 1,
        process: `p${process}`,
        name,
        input,
        output: isUnknown ? undefined : output,
        known: !isUnknown,
        object: objects === 1 ? undefined : `o${object}`,
        from,
        to: isUnknown ? Infinity : to,
      }
    })
  })
}

export interface Workload {
  readonly calls: number
  readonly clients: number
  readonly objects: number
  /** What a client does next. */
  readonly next: (draw: () => number, index: number) => readonly [name: string, input: unknown]
  /** What a real object does: the new state and the answer. */
  readonly apply: (state: unknown, name: string, input: unknown) => readonly [state: unknown, output: unknown]
  /** Probability that a call's outcome is unknown; it takes effect long after, if at all. */
  readonly unknown?: number
  /** Probability that an answer comes from what the object held before its last change. */
  readonly stale?: number
}

/** What clients of real objects record: each call takes effect once, at some time between its beginning and its end. */
export function simulated(workload: Workload, draw: () => number): readonly HistoryCall[] {
  const { calls, clients, objects, next, apply, unknown = 0, stale = 0 } = workload
  const free = Array.from({ length: clients }, draw)
  const drafts = Array.from({ length: calls }, (_, index) => {
    const client = free.indexOf(Math.min(...free))
    const from = (free[client] as number) + draw() * 0.1
    const lasts = 0.5 + draw() * 2
    const isUnknown = draw() < unknown
    free[client] = from + lasts
    const at = from + draw() * (isUnknown ? 20 : lasts)
    const object = `o${Math.floor(draw() * objects)}`
    const [name, input] = next(draw, index)
    const isStale = draw() < stale
    return { index, client, from, to: from + lasts, at, isUnknown, object, name, input, isStale }
  })
  const states = new Map<string, { now: unknown; before: unknown }>()
  const outputs = new Map<number, unknown>()
  for (const { index, object, name, input, isStale } of [...drafts].sort((a, b) => a.at - b.at)) {
    const held = states.get(object) ?? { now: null, before: null }
    const [after] = apply(held.now, name, input)
    outputs.set(index, apply(isStale ? held.before : held.now, name, input)[1])
    states.set(object, after === held.now ? held : { now: after, before: held.now })
  }
  return drafts.map(({ index, client, from, to, isUnknown, object, name, input }): HistoryCall => {
    return {
      id: index + 1,
      process: `c${client}`,
      name,
      input,
      output: isUnknown ? undefined : outputs.get(index),
      known: !isUnknown,
      object,
      from,
      to: isUnknown ? Infinity : to,
    }
  })
}
