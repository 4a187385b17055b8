/**
 * Two executions of one run came to different ends: both are repeated with their traces, to show where they part. The one
 * goes to the thread that made the first, with whatever state earlier runs left in it, the other to a new one.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TraceRecord } from '../../sim/trace/records.ts'
import { Comparison } from '../replay-comparison.ts'
import { fileLines } from '../trace-file.ts'
import type { Mismatch } from './dispatcher.ts'
import type { Lane } from './lane.ts'

/** What is told of a run that is not deterministic. */
export interface Divergence {
  readonly seed: number
  /** Fields of the outcome that differ: strings as they are, the rest as JSON. */
  readonly fields: readonly { readonly field: string; readonly first: string; readonly again: string }[]
  /** The first record that differs; absent if the repetitions agreed. Undefined on one side: its trace ends there. */
  readonly record?: {
    readonly before: readonly TraceRecord[]
    readonly first: TraceRecord | undefined
    readonly again: TraceRecord | undefined
  }
  /** Where the traces are, if they are kept. */
  readonly traces?: readonly [string, string]
}

/** @param keep the folder in which the traces stay; undefined: they are removed */
export async function divergenceOf(
  { seed, first, again, lane }: Mismatch,
  used: Lane,
  fresh: Lane,
  keep: string | undefined,
): Promise<Divergence> {
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'orrery-'))
  const paths = [join(folder, `seed-${seed}-first.jsonl`), join(folder, `seed-${seed}-again.jsonl`)] as const
  try {
    mkdirSync(folder, { recursive: true })
    await (lane ?? used).trace(seed, paths[0])
    await fresh.trace(seed, paths[1])
    const comparison = new Comparison(fileLines(paths[0]))
    const encoder = new TextEncoder()
    for (const line of recordLines(paths[1])) {
      const bytes = encoder.encode(`${line}\n`)
      comparison.take(bytes, bytes.length)
      if (comparison.difference !== undefined) break
    }
    comparison.finish()
    const { difference, before } = comparison
    return {
      seed,
      fields: differentFields(first, again),
      ...(difference === undefined
        ? {}
        : { record: { before, first: difference.expected, again: difference.actual } }),
      ...(keep === undefined ? {} : { traces: paths }),
    }
  } finally {
    if (keep === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** Lines between header and footer. */
function* recordLines(path: string): Generator<string> {
  let header = true
  for (const line of fileLines(path)) {
    if (!header && !line.startsWith('{"verdict"')) yield line
    header = false
  }
}

function differentFields(first: string, again: string): Divergence['fields'] {
  const a = JSON.parse(first) as Readonly<Record<string, unknown>>
  const b = JSON.parse(again) as Readonly<Record<string, unknown>>
  const text = (value: unknown): string =>
    typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((field) =>
    text(a[field]) === text(b[field]) ? [] : [{ field, first: text(a[field]), again: text(b[field]) }],
  )
}
