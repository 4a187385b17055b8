/** How a sweep ends: what is printed, what is written for CI, and the exit code. */
import { differenceText } from '../../reports/difference.ts'
import { document } from '../../reports/json.ts'
import { junitXml } from '../../reports/junit.ts'
import type { SweepSummary } from '../../reports/sweep.ts'
import { sweepJson, sweepScreen, verdictOf } from '../../reports/sweep.ts'
import type { Context } from '../context.ts'
import type { ExitCode } from '../exit-codes.ts'
import { EXIT } from '../exit-codes.ts'
import type { OutputFile } from '../output-file.ts'
import type { Divergence } from './mismatch.ts'

/** Prints a sweep and gives its exit code. */
export function saySummary(
  summary: SweepSummary,
  junit: OutputFile | undefined,
  json: boolean,
  { out, paint }: Context,
): ExitCode {
  if (junit !== undefined) {
    const bytes = new TextEncoder().encode(junitXml(summary))
    junit.write(bytes, bytes.length)
    junit.finish()
  }
  out.write(json ? sweepJson(summary) : sweepScreen(summary, paint))
  return EXIT[verdictOf(summary)]
}

/** Prints where two executions of one run part. */
export function sayDivergence(
  { seed, fields, record, traces }: Divergence,
  scenario: string,
  json: boolean,
  { out, paint }: Context,
): void {
  if (json) {
    const { first = null, again = null } = record ?? {}
    out.write(
      document({ deterministic: false, scenario, seed, fields, first, again, ...(traces ? { traces } : {}) }),
    )
    return
  }
  const lines = [
    `${paint.red.bold('NOT DETERMINISTIC')}  scenario ${scenario}, seed ${seed}`,
    'another thread ran the same spec and came to something else',
    '',
    ...fields.map(({ field, first, again }) => `${field}: ${cut(first)} at first, ${cut(again)} again`),
    '',
  ]
  if (record === undefined) lines.push('repeated once more with their records, the two runs agreed')
  else {
    lines.push(`the first difference is record ${(record.first ?? record.again)?.id ?? 0}`, '')
    lines.push(...differenceText(record.before, [record.first, record.again], ['at first', 'again'], paint))
  }
  if (traces !== undefined) lines.push('', `traces: ${traces.join(' ')}`)
  lines.push(
    '',
    'its code depends on something outside the simulation, or keeps state from one run to the next',
  )
  out.write(`${lines.join('\n')}\n`)
}

function cut(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}
