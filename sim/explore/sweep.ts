/**
 * Which runs a sweep consists of: a range of seeds, a shard of it, the batches in which seeds are handed to workers, and
 * the share that is run twice. All of it is a function of what was asked for, so that the same sweep can be divided over
 * threads, processes and machines, stopped and taken up again.
 */
import { CallerError, show } from '../kernel/errors.ts'
import { hashString } from '../kernel/hash.ts'

/** Seeds from `from` to `to`, both included; `to` is Infinity where only time ends the sweep. */
export interface SeedRange {
  readonly from: number
  readonly to: number
}

/** The `index`-th of `count` parts, counted from 1. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** All seeds in one part. */
export const WHOLE: Shard = { index: 1, count: 1 }

const RANGE = "a number of runs such as 1000, or a range such as '1..1000'"

/** `1000` is seeds 1 to 1000, `a..b` is seeds a to b. Throws a CallerError for anything else, and for an empty range. */
export function parseSeeds(text: string, where: string): SeedRange {
  const [, first, last] = /^(\d+)(?:\.\.(\d+))?$/.exec(text.trim()) ?? []
  if (first === undefined) throw new CallerError(`${where}: ${show(text)}`, { expected: RANGE })
  const [from, to] = last === undefined ? [1, Number(first)] : [Number(first), Number(last)]
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
    throw new CallerError(`${where}: ${show(text)}`, {
      expected: `seeds of at most ${Number.MAX_SAFE_INTEGER}`,
    })
  }
  if (to >= from) return { from, to }
  if (last === undefined)
    throw new CallerError(`${where}: ${show(text)} is no run at all`, { expected: RANGE })
  throw new CallerError(`${where}: ${show(text)} ends before it begins`, {
    hint: `did you mean ${to}..${from}?`,
  })
}

/** `2/3` is the second of three shards. Throws a CallerError for anything else. */
export function parseShard(text: string, where: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text.trim()) ?? []
  const shard = { index: Number(index), count: Number(count) }
  const fits = shard.index >= 1 && shard.index <= shard.count && Number.isSafeInteger(shard.count)
  if (index !== undefined && fits) return shard
  const expected =
    index === undefined || shard.count < 1
      ? "a part and the number of parts, such as '1/4'"
      : `a part from 1/${shard.count} to ${shard.count}/${shard.count}`
  throw new CallerError(`${where}: ${show(text)}`, { expected })
}

/** A range for people. */
export function rangeText({ from, to }: SeedRange): string {
  return to === Infinity ? `${from}..` : `${from}..${to}`
}

/** The seeds of a shard, ascending: every `count`-th of the range, so that shards are alike. */
export function* seedsOf({ from, to }: SeedRange, { index, count }: Shard = WHOLE): Generator<number, void> {
  for (let seed = from + index - 1; seed <= to; seed += count) yield seed
}

/** How many {@link seedsOf} gives. */
export function countSeeds({ from, to }: SeedRange, { index, count }: Shard = WHOLE): number {
  return Math.max(0, Math.floor((to - (from + index - 1)) / count) + 1)
}

/** Whether {@link seedsOf} gives this one. */
export function hasSeed({ from, to }: SeedRange, { index, count }: Shard, seed: number): boolean {
  return seed >= from && seed <= to && (seed - from) % count === index - 1
}

const TO_UNIT = 1 / 4_294_967_296
const VERIFY = 0x7665

/** Whether a seed's run is executed twice: for about this share of all seeds, and always the same ones. */
export function isVerified(seed: number, share: number): boolean {
  return (hashString(String(seed), VERIFY) >>> 0) * TO_UNIT < share
}

/** What a batch should take; a message to a worker and back costs about 25 us. */
const BATCH_MILLIS = 10
const LARGEST_BATCH = 512

/**
 * How many runs to hand out at once, learned from how long the last ones took: at least 5 ms of work once that is known,
 * a single run before. Sizes grow at most fourfold at a time, since first runs are slower than later ones and the next
 * ones may be slower than both.
 */
export class BatchSize {
  private size = 1

  get current(): number {
    return this.size
  }

  /** A batch of `runs` took `millis`. */
  learn(runs: number, millis: number): void {
    const fitting = Math.round((BATCH_MILLIS * runs) / Math.max(millis, 0.001))
    this.size = Math.max(1, Math.min(fitting, this.size * 4, LARGEST_BATCH))
  }
}

/** The next seeds of an iterator, fewer at its end. */
export function takeSeeds(seeds: Iterator<number, unknown>, count: number): readonly number[] {
  const taken: number[] = []
  while (taken.length < count) {
    const next = seeds.next()
    if (next.done === true) break
    taken.push(next.value)
  }
  return taken
}
