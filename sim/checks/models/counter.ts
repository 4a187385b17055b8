/**
 * A counter: `add` takes a number, `increment` and `decrement` take 1 unless told otherwise, and their answers say
 * nothing; `add-and-get` answers the new value, `get-and-add` the old one; `read` answers the value.
 */
import type { Call, Model } from './model.ts'

export interface CounterModelOptions {
  /** The first value. Default 0. */
  readonly initial?: number
}

const READ: ReadonlySet<string> = new Set(['read', 'get'])
const BY_ONE: ReadonlySet<string> = new Set(['increment', 'decrement'])

export function counter({ initial = 0 }: CounterModelOptions = {}): Model<number> {
  return {
    name: 'counter',
    operations: ['add', 'increment', 'decrement', 'add-and-get', 'get-and-add', 'read', 'get'],
    initial,
    step(state, call) {
      if (READ.has(call.name)) return !call.known || call.output === state ? state : undefined
      const next = state + amount(call)
      if (call.known && call.name === 'add-and-get' && call.output !== next) return undefined
      if (call.known && call.name === 'get-and-add' && call.output !== state) return undefined
      return next
    },
    key: String,
    hint(call) {
      if (READ.has(call.name))
        return call.known ? { from: call.output as number, reads: true } : { reads: true }
      if (!call.known) return {}
      if (call.name === 'add-and-get') {
        return { from: (call.output as number) - amount(call), to: call.output as number }
      }
      if (call.name === 'get-and-add') {
        return { from: call.output as number, to: (call.output as number) + amount(call) }
      }
      return {}
    },
    refuse(call) {
      const answers = READ.has(call.name) || call.name.includes('get')
      if (call.known && answers && typeof call.output !== 'number') return 'a number as its answer'
      return READ.has(call.name) || Number.isFinite(amount(call)) ? undefined : 'a number to add'
    },
  }
}

function amount({ name, input }: Call): number {
  if (BY_ONE.has(name)) return (name === 'decrement' ? -1 : 1) * (typeof input === 'number' ? input : 1)
  return typeof input === 'number' ? input : NaN
}
