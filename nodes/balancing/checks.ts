/** Budgets for a balanced service, judged over a whole run. What was measured is a measure of each result. */
import type { Check, World } from 'orrery-sim'

interface Measured {
  readonly value: number
  /** What it was measured from: requests. */
  readonly observations: number
}

/** The largest over the mean: 1 is perfect, the number of backends the worst. */
export function imbalance(counts: readonly number[]): number {
  const total = counts.reduce((sum, each) => sum + each, 0)
  return total === 0 ? 1 : (Math.max(...counts) * counts.length) / total
}

/** The backend that was chosen most often for a new request was chosen at most `limit` times as often as the mean. */
export function imbalanceAtMost(limit: number): Check {
  return budget('imbalance', `imbalance at most ${limit}`, limit, (world) => {
    const requests = world.nodesOf('backend').map(({ name }) => world.counter(`requests ${name}`))
    return { value: imbalance(requests), observations: requests.reduce((sum, each) => sum + each, 0) }
  })
}

/** The 99th percentile of the latency of served requests is at most `limit` milliseconds. */
export function p99AtMost(limit: number): Check {
  return budget('p99 latency (ms)', `p99 latency at most ${limit} ms`, limit, (world) => {
    const sorted = Float64Array.from(world.samples('latency')).sort()
    return { value: sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0, observations: sorted.length }
  })
}

/** At most `limit` requests were not served; requests without any answer at the end of the run count too. */
export function errorsAtMost(limit: number): Check {
  return budget('errors', `errors at most ${limit}`, limit, ({ operations }) => ({
    value: operations.filter(({ status }) => status !== 'ok').length,
    observations: operations.length,
  }))
}

/** `measured`: what the number is called where runs are compared. */
function budget(measured: string, name: string, limit: number, measure: (world: World) => Measured): Check {
  return {
    name,
    begin: ({ world }) => ({
      finish() {
        const { value, observations } = measure(world)
        const measures = observations === 0 ? {} : { measures: { [measured]: value } }
        const detail = `measured ${Number(value.toPrecision(4))}`
        if (value <= limit) return { name, verdict: 'held', observations, ...measures, detail }
        const time = Math.round(world.now * 1000)
        return {
          name,
          verdict: 'violated',
          observations,
          ...measures,
          violation: { time, expected: name, observed: detail },
          detail,
        }
      },
    }),
  }
}
