/** The page of a difference: what both traces hold around the first record that differs. */
import type { DiffData, RecordData, StateData } from '../reports/html/diff/data.ts'
import { alignedRows, recordData, sideData } from '../reports/html/diff/data.ts'
import { quote } from '../reports/invocation.ts'
import { pathText } from '../reports/states.ts'
import { valueText } from '../reports/values.ts'
import { ABSENT, differences } from '../sim/explore/differences.ts'
import type { NodeAtInstant } from '../sim/explore/instant.ts'
import type { TraceFooter, TraceHeader } from '../sim/trace/reader.ts'
import { readTrace } from '../sim/trace/reader.ts'
import type { DiffStates } from './diff-states.ts'
import { PageOutput } from './report-page.ts'
import { fileLines } from './trace-file.ts'

/** Records shown before the first that differs, and of each run from there on. */
const BEFORE = 12
const AFTER = 400
const DIFFERENCES = 100

export interface DiffSideInput {
  readonly file: string
  readonly header: TraceHeader
  readonly footer: TraceFooter
}

export interface DiffReport {
  readonly sides: readonly [DiffSideInput, DiffSideInput]
  readonly specs: DiffData['specs']
  /** The first record that differs; undefined if none does. */
  readonly first: number | undefined
  readonly states: DiffStates | undefined
  readonly program: string
}

export class DiffPage {
  private readonly page: PageOutput

  /** @throws CallerError if the file cannot be written */
  constructor(path: string, inputs: readonly string[]) {
    this.page = new PageOutput(path, 'diff', '--report', inputs)
  }

  finish({ sides: [a, b], specs, first, states, program }: DiffReport): void {
    const left = recordsAround(a, first)
    const right = recordsAround(b, first)
    const rows = alignedRows(left, right)
    const nodes = [...new Set([...left, ...right].map(({ node }) => node))].sort((x, y) => (x < y ? -1 : 1))
    const data: DiffData = {
      scenario: String(a.header.spec.scenario),
      a: sideData(a.file, a.footer, left.at(-1)?.id ?? 0),
      b: sideData(b.file, b.footer, right.at(-1)?.id ?? 0),
      specs,
      first,
      rows,
      states: stateData(states),
      missing: missingOf(states, [a.file, b.file]),
      nodes,
      command: `${program} diff ${quote(a.file)} ${quote(b.file)}`,
    }
    this.page.finish({ title: `${data.scenario}: ${a.file} and ${b.file}`, data })
  }
}

function recordsAround({ file, footer }: DiffSideInput, first: number | undefined): readonly RecordData[] {
  const from = (first ?? footer.records) - BEFORE
  const to = (first ?? footer.records) + AFTER
  const records: RecordData[] = []
  for (const record of readTrace(fileLines(file), file).records()) {
    if (record.id > to) break
    if (record.id >= from) records.push(recordData(record))
  }
  return records
}

function missingOf(states: DiffStates | undefined, files: readonly [string, string]): readonly string[] {
  return (states?.sides ?? []).flatMap((side, index) =>
    'missing' in side ? [`The states of ${files[index] ?? ''} are not at hand: ${side.missing}`] : [],
  )
}

function stateData(states: DiffStates | undefined): readonly StateData[] {
  if (states === undefined) return []
  const [a, b] = states.sides
  if (!('instant' in a) || !('instant' in b)) return []
  const left = new Map(a.instant.nodes.map((node) => [node.name, node]))
  const right = new Map(b.instant.nodes.map((node) => [node.name, node]))
  const names = [...new Set([...left.keys(), ...right.keys()])]
  const concerned = new Set(states.concerned)
  return names
    .map((node) => ({ node, differences: differencesOf(left.get(node), right.get(node)) }))
    .filter(({ node, differences: list }) => list.length > 0 || concerned.has(node))
}

function differencesOf(a: NodeAtInstant | undefined, b: NodeAtInstant | undefined): StateData['differences'] {
  const facts = (['up', 'paused', 'role', 'incarnation'] as const)
    .filter((key) => a?.[key] !== b?.[key])
    .map((key) => ({ path: `(${key})`, a: String(a?.[key] ?? '–'), b: String(b?.[key] ?? '–') }))
  const inside = differences(a?.state, b?.state).map(({ path, a: one, b: other }) => ({
    path: pathText(path),
    a: one === ABSENT ? '–' : valueText(one),
    b: other === ABSENT ? '–' : valueText(other),
  }))
  return [...facts, ...inside].slice(0, DIFFERENCES)
}
