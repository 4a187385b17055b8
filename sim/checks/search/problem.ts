/** From calls of a history to a search. */
import { canonical } from '../canonical.ts'
import type { HistoryCall } from '../history.ts'
import type { AnyModel, TimedCall } from '../models/model.ts'
import type { Frontier, Span } from './frontier.ts'
import { ProgramFrontier, RealTimeFrontier } from './frontier.ts'
import { Search } from './search.ts'
import type { IsInVain, SearchCall } from './search.ts'
import { StateSpace } from './state-space.ts'

/** What an order must respect: real time, or only the order of each process. */
export type Order = 'real-time' | 'program'

/** A search together with the calls it is about: its numbers are positions in `calls`. */
export interface Problem {
  readonly search: Search
  readonly calls: readonly HistoryCall[]
}

/** The search for an order of calls on one or several objects of the model. */
export function problemOf(all: readonly HistoryCall[], model: AnyModel, order: Order): Problem {
  const space = new StateSpace(model)
  const objects = new Map<string, number>()
  const processes = new Map<string, number>()
  const number = (names: Map<string, number>, name: string): number => {
    const known = names.get(name)
    if (known === undefined) names.set(name, names.size)
    return known ?? names.size - 1
  }
  const hints = all.map((call) => model.hint?.(call) ?? {})
  // What nobody knows the answer of, and what changes nothing, says nothing.
  const kept = all.flatMap((call, index) => (call.known || hints[index]?.reads !== true ? [index] : []))
  const calls = kept.map((index) => all[index] as HistoryCall)
  const searchCalls = calls.map((call, index): SearchCall => {
    const { from, to, always = false, reads = false } = hints[kept[index] as number] ?? {}
    return {
      object: number(objects, canonical(call.object)),
      kind: space.kind(call),
      required: call.known,
      reads,
      always,
      from: from === undefined ? -1 : space.intern(from),
      to: to === undefined ? -1 : space.intern(to),
    }
  })
  const count = Math.max(objects.size, 1)
  const spans = calls.map((call, index): Span => {
    const { object, kind } = searchCalls[index] as SearchCall
    return {
      process: number(processes, call.process),
      from: call.from,
      to: call.known ? call.to : Infinity,
      required: call.known,
      kind: kind * count + object,
    }
  })
  const frontier: Frontier = order === 'program' ? new ProgramFrontier(spans) : new RealTimeFrontier(spans)
  const objectOf = searchCalls.map(({ object }) => object)
  const foresight =
    model.foresee === undefined ? undefined : foresightOf(calls, objectOf, count, model, order)
  // What one object's calls cannot tell apart another's may.
  if (count === 1) space.merge = foresight?.merge
  return { search: new Search(searchCalls, count, frontier, space, foresight?.isInVain), calls }
}

/** The model's foresight for each object, as one that takes the numbers of the search. */
function foresightOf(
  calls: readonly HistoryCall[],
  objectOf: readonly number[],
  objects: number,
  model: AnyModel,
  order: Order,
): { readonly isInVain: IsInVain; readonly merge: ((state: unknown) => unknown) | undefined } {
  const own: number[][] = Array.from({ length: objects }, () => [])
  const position = objectOf.map((object, call) => (own[object]?.push(call) ?? 1) - 1)
  const each = own.map((list) => {
    const timed = list.map((call): TimedCall => {
      const { process, name, input, output, known, from, to } = calls[call] as HistoryCall
      const time = order === 'real-time' ? { from, to } : { from: -Infinity, to: Infinity }
      return { process, name, input, output, known, ...time }
    })
    return { list, foresight: model.foresee?.(timed) }
  })
  return {
    isInVain(call, state, isPlaced) {
      if (call < 0) return each.some(({ foresight }) => foresight?.isInVain(-1, state, isPlaced) === true)
      const { list, foresight } = each[objectOf[call] as number] as (typeof each)[number]
      const isOwnPlaced = (one: number): boolean => isPlaced(list[one] as number)
      return foresight?.isInVain(position[call] as number, state, isOwnPlaced) === true
    },
    merge: each[0]?.foresight?.merge?.bind(each[0].foresight),
  }
}
