/** Causes and effects of records: the chain back to the root, with what is known of its steps, and what came of a record. */
import type { Step } from '../../../sim/explore/why.ts'
import { explain } from '../../../sim/explore/why.ts'
import type { TraceRecord } from '../../../sim/trace/records.ts'
import { peerIsSource } from '../../../sim/trace/records.ts'
import type { NodeData } from '../run/data.ts'
import type { Records } from '../run/record-columns.ts'

/** Rows from the root to the record. The first one may have a cause that is left out of the page. */
export function chainOf(records: Records, row: number): readonly number[] {
  const chain: number[] = []
  for (let at = row; at >= 0; at = records.cause[at] as number) chain.push(at)
  return chain.reverse()
}

/** Effects by cause, made once: rows of effects of `row` are `rows[starts[row]]` up to `rows[starts[row + 1]]`. */
export class Effects {
  private readonly starts: Uint32Array
  private readonly rows: Uint32Array

  constructor({ count, cause }: Records) {
    this.starts = new Uint32Array(count + 2)
    this.rows = new Uint32Array(count)
    const starts = this.starts
    for (let row = 0; row < count; row++) {
      const at = cause[row] as number
      if (at >= 0) starts[at + 2] = (starts[at + 2] as number) + 1
    }
    for (let at = 2; at < starts.length; at++)
      starts[at] = (starts[at] as number) + (starts[at - 1] as number)
    for (let row = 0; row < count; row++) {
      const at = cause[row] as number
      if (at < 0) continue
      const place = starts[at + 1] as number
      this.rows[place] = row
      starts[at + 1] = place + 1
    }
  }

  of(row: number): readonly number[] {
    return [...this.rows.subarray(this.starts[row], this.starts[row + 1])]
  }
}

/** A row as a record, without its hash. */
export function recordOf(records: Records, nodes: readonly NodeData[], row: number): TraceRecord {
  const kind = records.kindOf(row)
  const node = nodes[records.node[row] as number]?.name
  const peer = nodes[records.peer[row] as number]?.name
  const type = records.typeOf(row)
  const cause = records.causeId[row] as number
  return {
    id: records.id[row] as number,
    t: records.t[row] as number,
    kind,
    ...(node === undefined ? {} : { node }),
    ...(cause === 0 ? {} : { cause }),
    ...(peer === undefined ? {} : { [peerIsSource(kind) ? 'from' : 'to']: peer }),
    ...(type === '' ? {} : { type }),
    hash: '',
  }
}

/**
 * The chain with what each step waited for. Circumstances (lost answers, pauses) are looked for only where no record is
 * left out, because only then their absence means something.
 */
export function stepsOf(
  records: Records,
  nodes: readonly NodeData[],
  row: number,
  isWhole: boolean,
): readonly Step[] {
  if (isWhole) {
    function* all(): Generator<TraceRecord> {
      for (let at = 0; at <= row; at++) yield recordOf(records, nodes, at)
    }
    return explain(all, records.id[row] as number).steps
  }
  return chainOf(records, row).map((at, index, chain) => {
    const before = chain[index - 1]
    const took = before === undefined ? 0 : (records.t[at] as number) - (records.t[before] as number)
    return {
      record: recordOf(records, nodes, at),
      took,
      waiting: took === 0 ? 'none' : 'other',
      circumstances: [],
    }
  })
}
