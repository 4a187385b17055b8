/**
 * How long a disk takes: a distribution for each kind of operation and a price per kilobyte. Queueing is not
 * part of it (whoever serves the operations one after the other adds that), nor are seeks, caches of the device
 * and the difference between sequential and random access.
 */
import { compile } from '../kernel/distributions.ts'
import type { Delay } from '../kernel/distributions.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'
import { DELAY_MAX } from '../kernel/samplers.ts'
import type { Sampler, UniformSource } from '../kernel/samplers.ts'

/** Latencies of a disk; what is left out takes no time. */
export interface DiskLatency {
  /** Changing something in the cache: append, write, and by rights truncate, remove, rename. */
  readonly append?: Delay
  /** Waiting until it is on the medium. */
  readonly sync?: Delay
  readonly read?: Delay
  /** Added to each operation for every 1024 bytes it moves, a part of them in proportion; drawn once an operation. */
  readonly perKb?: Delay
}

export type DiskOperation = 'append' | 'sync' | 'read'

const PARTS = ['append', 'sync', 'read', 'perKb'] as const

/** Compiled latencies. */
export class DiskTimes {
  /** True if nothing ever takes time. */
  readonly instant: boolean
  readonly #base: Readonly<Record<DiskOperation, Sampler>>
  readonly #perKb: Sampler

  /**
   * @param where where the data stands, for error messages
   * @throws CallerError for an unknown part or an unusable distribution
   */
  constructor(latency: DiskLatency, where: string) {
    if (typeof latency !== 'object' || latency === null) {
      throw new CallerError(`${show(latency)} is not a disk latency`, {
        where,
        expected: '{ append, sync, read, perKb }',
      })
    }
    for (const part of Object.keys(latency)) {
      if (!PARTS.some((known) => known === part))
        throw unknownName('part of a disk latency', part, PARTS, where)
    }
    const [append, sync, read, perKb] = PARTS.map((part) =>
      compile(latency[part] ?? 0, `${where}.${part}`),
    ) as [Sampler, Sampler, Sampler, Sampler]
    this.#base = { append, sync, read }
    this.#perKb = perKb
    this.instant = [append, sync, read, perKb].every((sampler) => sampler.meanMicros === 0)
  }

  /**
   * Integer microseconds for one operation that moves `bytes` on a disk `slow` times as slow as usual. Draws
   * what the operation's distribution draws, then what `perKb` draws.
   */
  latency(operation: DiskOperation, bytes: number, slow: number, source: UniformSource): number {
    const base = this.#base[operation].sample(source)
    const moved = (this.#perKb.sample(source) * bytes) / 1_024
    return Math.min(DELAY_MAX, Math.round((base + moved) * slow))
  }
}
