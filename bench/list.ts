// All benchmarks, in the order in which they are run and printed.
import { asyncRequest, asyncSleep } from './async.ts'
import type { Benchmark } from './benchmark.ts'
import { coordinationReads, coordinationWrites } from './coordination.ts'
import { epidemic1e5, epidemic1e6 } from './epidemic.ts'
import { hold1e3, hold1e5, hold1e6 } from './hold.ts'
import { linearizableAdversary, linearizableRegister } from './linearizability.ts'
import { jsonl, messages, messages1e5, traced } from './messages.ts'
import { shrinking } from './shrink.ts'
import { sweepRuns, sweepVerified } from './sweep.ts'

export const benchmarks: readonly Benchmark[] = [
  hold1e3,
  hold1e5,
  hold1e6,
  messages,
  messages1e5,
  traced,
  jsonl,
  asyncSleep,
  asyncRequest,
  epidemic1e5,
  epidemic1e6,
  coordinationReads,
  coordinationWrites,
  linearizableRegister,
  linearizableAdversary,
  shrinking,
  sweepRuns,
  sweepVerified,
]
