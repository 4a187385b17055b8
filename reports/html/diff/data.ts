/** The data of the page of a difference: two runs side by side, from shortly before the first record that differs. */
import type { TraceFooter } from '../../../sim/trace/reader.ts'
import type { TraceRecord } from '../../../sim/trace/records.ts'
import { formatTime } from '../../../sim/kernel/time.ts'
import { valueText } from '../../values.ts'

/** A record as the page shows it. */
export interface RecordData {
  readonly id: number
  /** Virtual microseconds. */
  readonly t: number
  readonly node: string
  readonly kind: string
  /** Type, peer and data. */
  readonly said: string
  readonly cause?: number
}

/** One row: the same in both runs, or in one of them only. */
export interface RowData {
  readonly a?: RecordData
  readonly b?: RecordData
}

export interface SideData {
  readonly name: string
  readonly verdict: string
  readonly records: number
  readonly endedAt: number
  readonly fingerprint: string
  readonly violations: readonly string[]
  /** Records of this side that come after what is shown. */
  readonly left: number
}

/** How the state of a node differs right after the first difference. */
export interface StateData {
  readonly node: string
  readonly differences: readonly { readonly path: string; readonly a: string; readonly b: string }[]
}

export interface DiffData {
  readonly scenario: string
  readonly a: SideData
  readonly b: SideData
  readonly specs: readonly { readonly field: string; readonly a: string; readonly b: string }[]
  /** The record that differs first; undefined: none does. */
  readonly first: number | undefined
  readonly rows: readonly RowData[]
  readonly states: readonly StateData[]
  /** Why states are not shown. */
  readonly missing: readonly string[]
  readonly nodes: readonly string[]
  readonly command: string
}

const TEXT = 400

export function recordData({
  id,
  t,
  node = 'world',
  kind,
  type,
  from,
  to,
  cause,
  ...rest
}: TraceRecord): RecordData {
  const said: string[] = []
  if (type !== undefined) said.push(type)
  if (from !== undefined) said.push(`← ${from}`)
  if (to !== undefined) said.push(`→ ${to}`)
  if ('data' in rest) said.push(valueText(rest.data))
  const text = said.join(' ')
  const shown = text.length > TEXT ? `${text.slice(0, TEXT - 3)}...` : text
  return { id, t, node, kind, said: shown, ...(cause === undefined ? {} : { cause }) }
}

/** What makes two records the same for a reader: not their numbers, which shift as soon as one is missing. */
function keyOf({ t, node, kind, said }: RecordData): string {
  return JSON.stringify([t, node, kind, said])
}

/**
 * The records of both runs in rows: those that both have stand beside each other (a longest common subsequence), the
 * others alone, in the order of time.
 */
export function alignedRows(a: readonly RecordData[], b: readonly RecordData[]): readonly RowData[] {
  const [left, right] = [a.map(keyOf), b.map(keyOf)]
  const width = b.length + 1
  // lengths[i * width + j]: the longest common subsequence of what follows i in a and j in b.
  const lengths = new Uint16Array((a.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        left[i] === right[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const rows: RowData[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [one, other] = [a[i], b[j]]
    if (one !== undefined && other !== undefined && left[i] === right[j]) {
      rows.push({ a: one, b: other })
      i++
      j++
    } else if (
      other === undefined ||
      (one !== undefined && takesLeft(one, other, at(i + 1, j), at(i, j + 1)))
    ) {
      if (one !== undefined) rows.push({ a: one })
      i++
    } else {
      rows.push({ b: other })
      j++
    }
  }
  return rows
}

function takesLeft(a: RecordData, b: RecordData, ifLeft: number, ifRight: number): boolean {
  return ifLeft === ifRight ? a.t <= b.t : ifLeft > ifRight
}

export function sideData(name: string, footer: TraceFooter, shownTo: number): SideData {
  const { verdict, records, endedAt, fingerprint, violations = [] } = footer
  return {
    ...{ name, verdict, records, endedAt, fingerprint },
    violations: violations.map(
      ({ name: check, time, observed }) => `${check}, at ${formatTime(time)}: ${observed}`,
    ),
    left: Math.max(0, records - shownTo),
  }
}
