// Runs contenders in processes of their own (so that compiled code, garbage and peak memory are theirs alone),
// several rounds of all in turn, and keeps each one's best: on a machine that is shared, what disturbs only
// makes slower, and a disturbed minute meets ours and the yardsticks alike.
import { spawnSync } from 'node:child_process'
import type { Benchmark, Contender, Outcome } from './benchmark.ts'

/** The best round of one contender. */
export interface Measurement {
  readonly name: string
  readonly perSecond: number
  readonly peakRssMb: number
  readonly hash: string
}

export interface Result {
  readonly name: string
  readonly what: string
  readonly perSecond: number
  /** The yardstick that the goal is against; null where it cannot run. */
  readonly yardstick: string | null
  readonly ratio: number | null
  readonly goal: number | null
  /** Peak memory allowed, in MiB. */
  readonly goalPeakMb: number | null
  readonly met: boolean | null
  readonly peakRssMb: number
  readonly hash: string
  /** Whether all rounds of all contenders came to this hash. */
  readonly agreed: boolean
  /** All yardsticks that could run, in the order of the benchmark. */
  readonly yardsticks: readonly (Measurement & { readonly ratio: number })[]
}

export interface MeasureOptions {
  readonly rounds: number
  readonly scale: number
  /** The program that runs one contender: see `runChild`. */
  readonly program: string
}

const contenders = (benchmark: Benchmark): readonly Contender[] => [benchmark.ours, ...benchmark.yardsticks]

/** Measures one benchmark: ours and its yardsticks, interleaved. */
export function measure(benchmark: Benchmark, options: MeasureOptions): Result {
  const all = contenders(benchmark)
  const best = new Map<string, Measurement>()
  const hashes = new Set<string>()
  for (let round = 0; round < options.rounds; round++) {
    for (const [index, { name, otherWork }] of all.entries()) {
      const measured = inChild(benchmark, index, name, options)
      if (measured === undefined) continue
      if (otherWork !== true) hashes.add(measured.hash)
      const held = best.get(name)
      if (held === undefined || measured.perSecond > held.perSecond) best.set(name, measured)
    }
  }
  const ours = best.get(benchmark.ours.name)
  if (ours === undefined) throw new Error(`${benchmark.name}: ${benchmark.ours.name} gave no result`)
  const yardsticks = benchmark.yardsticks.flatMap(({ name }) => {
    const measured = best.get(name)
    return measured === undefined ? [] : [{ ...measured, ratio: ours.perSecond / measured.perSecond }]
  })
  const first = yardsticks.find(({ name }) => name === benchmark.yardsticks[0]?.name)
  const { goal, goalPeakMb } = benchmark
  const fast = first === undefined || goal === null ? null : first.ratio >= goal
  const small = goalPeakMb === undefined || options.scale < 1 || ours.peakRssMb <= goalPeakMb
  return {
    name: benchmark.name,
    what: benchmark.what,
    perSecond: ours.perSecond,
    yardstick: first?.name ?? null,
    ratio: first?.ratio ?? null,
    goal,
    goalPeakMb: goalPeakMb ?? null,
    met: fast === null ? null : fast && small,
    peakRssMb: ours.peakRssMb,
    hash: ours.hash,
    agreed: hashes.size === 1,
    yardsticks,
  }
}

function inChild(
  benchmark: Benchmark,
  index: number,
  name: string,
  options: MeasureOptions,
): Measurement | undefined {
  const given = [options.program, '--child', benchmark.name, String(index), '--scale', String(options.scale)]
  const child = spawnSync(process.execPath, given, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.status !== 0)
    throw new Error(`${benchmark.name}: ${name} ended with ${child.status ?? child.signal}`)
  const outcome = JSON.parse(child.stdout) as Required<Outcome> | null
  if (outcome === null) return undefined
  const { operations, seconds, hash, peakRssMb } = outcome
  return { name, perSecond: operations / seconds, peakRssMb, hash }
}

/** The child's side: runs one contender and prints its outcome, null where it cannot run. */
export async function runChild(benchmark: Benchmark, index: number, scale: number): Promise<void> {
  const outcome = await contenders(benchmark)[index]?.run(scale)
  // Kilobytes on every system, unlike getrusage itself.
  const peakRssMb = process.resourceUsage().maxRSS / 1024
  process.stdout.write(JSON.stringify(outcome === undefined ? null : { peakRssMb, ...outcome }))
}
