// A sender and a receiver that only count, for laws about links.
import { defineNode } from '../../../index.ts'
import type { Address, FaultSpec, NetworkOptions, RunResult } from '../../../index.ts'
import { recordsOf, run } from '../support.ts'

export interface Numbers {
  n(n: number | Uint8Array): void
}

interface SourceConfig {
  readonly to: readonly Address<Numbers>[]
  readonly count: number
  readonly every: number
}

/** Sends 0, 1, 2 ... to each target, one number every so many ms (0: all at once). */
export const source = defineNode<Numbers, SourceConfig>()({
  kind: 'source',
  start(node) {
    const { to, count, every } = node.config
    let n = 0
    const send = (): void => {
      for (const target of to) node.send(target, 'n', n)
      n++
    }
    if (every === 0) {
      while (n < count) send()
      return
    }
    const timer = node.every(every, () => {
      send()
      if (n === count) timer.cancel()
    })
  },
})

export const target = defineNode<Numbers>()({ kind: 'target', on: { n: () => undefined } })

/** One link with so many numbers on it; they leave 1 ms apart unless said otherwise. */
export function link(
  network: NetworkOptions,
  count: number,
  options: {
    readonly every?: number
    readonly seed?: number
    readonly faults?: readonly FaultSpec[]
    readonly ties?: 'serial' | 'shuffled'
    readonly until?: `${number}s` | `${number}ms`
  } = {},
): Promise<RunResult> {
  const { every = 1, seed = 1, faults = [], ties = 'serial', until = '1000s' } = options
  return run(
    (setup) => {
      const to = setup.add(target, 1)
      setup.addOne(source, { to, count, every })
      setup.network(network)
    },
    { seed, faults, until, profile: { ties }, maxEventsAtInstant: 1_000_000 },
  )
}

/** What arrived: number, send time and arrival in microseconds, in order of arrival. */
export function arrivals(
  result: RunResult,
): { readonly n: number; readonly sent: number; readonly at: number }[] {
  const records = recordsOf(result)
  return records.flatMap((record) => {
    if (record.kind !== 'deliver') return []
    let origin = records[(record.cause as number) - 1]
    if (origin?.kind === 'duplicate') origin = records[(origin.cause as number) - 1]
    return [{ n: origin?.data as number, sent: origin?.t as number, at: record.t }]
  })
}

/** Half the width of an interval that a binomial share of n trials leaves with a chance below one in a million. */
export function tolerance(p: number, n: number): number {
  return 5 * Math.sqrt((p * (1 - p)) / n) + 1 / n
}
