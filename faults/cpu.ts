/**
 * CPUs that get slower: a noisy neighbour on the same host, a machine that throttles because it is hot, a batch job.
 */
import { duration, slowness, targets } from './fields.ts'
import { faultKind, InForce, named, perRun } from './kind.ts'

const slowCpus = perRun(() => new InForce<number>())

/** `cpu-slow`: work takes longer. */
export const cpuSlowKind = faultKind(
  {
    kind: 'cpu-slow',
    about:
      'Slows CPUs down, running work included. Factors of overlapping faults multiply. Only nodes whose kind has a CPU ' +
      'model are touched.',
    fields: {
      node: targets('Whose CPUs.'),
      factor: slowness('How many times slower: 10 means that work takes ten times as long.'),
      for: duration('How long. Left out: for the rest of the run.').optional(),
    },
    example: { at: '2s', node: 'replica[0]', factor: 10, for: '5s' },
  },
  (fault, place) => {
    const selectors = place.targets('node', fault.node)
    const { factor } = fault
    return (control) => {
      const inForce = slowCpus(control)
      const token = {}
      const setSpeed = (id: number): boolean => control.setCpuSpeed(id, 1 / product(inForce.of(id)))
      const slowed = control.select(selectors).filter((id) => {
        inForce.begin(id, token, factor)
        return setSpeed(id)
      })
      const touched = named(control, slowed)
      return {
        touched,
        end: () => {
          for (const id of slowed) {
            inForce.end(id, token)
            setSpeed(id)
          }
          return touched
        },
      }
    }
  },
)

/** What overlapping factors come to; 1 for none. */
export function product(factors: readonly number[]): number {
  return factors.reduce((all, factor) => all * factor, 1)
}
