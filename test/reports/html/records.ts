// Records made by hand, as a page reads them.
import { RecordPacker, Records } from '../../../reports/html/run/record-columns.ts'
import type { TraceRecord } from '../../../sim/trace/records.ts'

export type Given = Omit<TraceRecord, 'hash'>

export const nodes = ['a', 'b', 'c'].map((name) => ({ name, kind: 'node' }))

export function recordsOf(list: readonly Given[]): Records {
  const packer = new RecordPacker(new Map(nodes.map(({ name }, index) => [name, index])))
  for (const record of list) packer.add({ ...record, hash: '' })
  const last = list.at(-1)?.id ?? 0
  return new Records(packer.finish({ from: 1, to: last }, last))
}
