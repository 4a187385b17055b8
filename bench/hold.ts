// The event queue under the hold model, at three sizes.
import { EventQueue } from '../sim/kernel/queue.ts'
import type { Benchmark, Contender, Outcome } from './benchmark.ts'
import { hold } from './hold-model.ts'
import type { HoldInput } from './hold-model.ts'
import { nativeHeap } from './yardstick/native.ts'
import { textbookHold } from './yardstick/textbook.ts'

function holdBenchmark(name: string, pending: number, operations: number): Benchmark {
  const input = (scale: number): HoldInput => ({
    pending: Math.max(1, Math.round(pending * scale)),
    warmUp: Math.max(1, Math.round(Math.max(pending / 2, 300_000) * scale)),
    operations: Math.max(1, Math.round(operations * scale)),
  })
  const contender = (who: string, run: (input: HoldInput) => Outcome | undefined): Contender => ({
    name: who,
    run: (scale) => Promise.resolve(run(input(scale))),
  })
  return {
    name,
    what: `event queue: pop the earliest of ${pending}, push it again an exponential time later`,
    goal: 1.5,
    ours: contender('event queue', (given) => hold(new EventQueue(), given)),
    yardsticks: [contender('C binary heap', nativeHeap), contender('textbook', textbookHold)],
  }
}

export const hold1e3 = holdBenchmark('hold-1e3', 1e3, 5e6)
export const hold1e5 = holdBenchmark('hold-1e5', 1e5, 3e6)
export const hold1e6 = holdBenchmark('hold-1e6', 1e6, 2e6)
