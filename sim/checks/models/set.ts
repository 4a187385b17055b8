/**
 * A set of values: `add`, `remove`, `contains`, and `read`, which answers all elements in any order. `add` and `remove`
 * may answer true or false for whether the set changed; other answers say nothing.
 *
 * Elements are independent of one another, so that without `read` each is judged on its own.
 */
import { canonical } from '../canonical.ts'
import type { Call, Model } from './model.ts'
import { targets } from './targets.ts'

/** Texts of the elements, sorted. */
type Elements = readonly string[]

export function set(): Model<Elements> {
  return {
    name: 'set',
    operations: ['add', 'remove', 'contains', 'read'],
    initial: [],
    step(state, call) {
      if (call.name === 'read')
        return !call.known || state.join() === listed(call.output).join() ? state : undefined
      const element = canonical(call.input)
      const held = state.includes(element)
      if (call.name === 'contains') return !call.known || call.output === held ? state : undefined
      const changes = call.name === 'add' ? !held : held
      if (call.known && typeof call.output === 'boolean' && call.output !== changes) return undefined
      if (!changes) return state
      return call.name === 'add' ? [...state, element].sort() : state.filter((one) => one !== element)
    },
    key: (state) => state.join(),
    hint({ name, output, known }) {
      if (name === 'read') return known ? { from: listed(output), reads: true } : { reads: true }
      return name === 'contains' ? { reads: true } : {}
    },
    foresee(calls) {
      // What is added stays until something is removed.
      const grows = calls.every(({ name }) => name !== 'remove')
      return targets(calls, {
        target: ({ name, output, known }) => (grows && known && name === 'read' ? listed(output) : undefined),
        reset: () => undefined,
        within: (state, target) => state.every((element) => target.includes(element)),
      })
    },
    part: ({ name, input }) => (name === 'read' ? undefined : canonical(input)),
    refuse: ({ name, output, known }: Call) => {
      if (!known) return undefined
      if (name === 'read' && !isList(output)) return 'a list of the elements'
      return name === 'contains' && typeof output !== 'boolean' ? 'true or false' : undefined
    },
  }
}

const isList = (output: unknown): boolean => output === null || Array.isArray(output) || output instanceof Set

/** A set that holds nothing is read as an empty list, or as null. */
function listed(output: unknown): Elements {
  const elements = output instanceof Set ? [...output] : ((output ?? []) as readonly unknown[])
  return [...new Set(elements.map(canonical))].sort()
}
