// All benchmarks, in the order in which they are run and printed.
import type { Benchmark } from './benchmark.ts'
import { hold1e3, hold1e5, hold1e6 } from './hold.ts'

export const benchmarks: readonly Benchmark[] = [hold1e3, hold1e5, hold1e6]
