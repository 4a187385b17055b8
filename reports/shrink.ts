/** What `shrink` prints: how much smaller the failure became, its story, and what to do with the bundle. */
import type { ChalkInstance } from 'chalk'
import { signatureText } from '../sim/explore/outcome.ts'
import type { Shrunk } from '../sim/explore/shrink.ts'
import { formatTime } from '../sim/kernel/time.ts'
import { quote } from './invocation.ts'

export interface ShrinkReport {
  readonly outcome: Shrunk
  readonly story: readonly string[]
  /** The bundle's file. */
  readonly out: string
  readonly program: string
}

/** The whole screen, ending in a newline. */
export function shrinkScreen(report: ShrinkReport, paint: ChalkInstance): string {
  const { outcome, story, out, program } = report
  const { signature, before, after, spent, complete } = outcome
  const rows: readonly (readonly [string, string, string])[] = [
    ['faults', String(before.faults), String(after.faults)],
    ['operations', String(before.operations), String(after.operations)],
    ['nodes', String(before.nodes), String(after.nodes)],
    ['events', String(before.events), String(after.events)],
    ['until', formatTime(before.until), formatTime(after.until)],
  ]
  const width = Math.max(...rows.map(([, from]) => from.length))
  const end = complete
    ? 'nothing more can be left out'
    : paint.yellow('the budget is spent; --budget allows more runs')
  const lines = [
    `${paint.bold('shrunk')} to the failure of: ${signatureText(signature)}`,
    ...rows.map(([name, from, to]) => `  ${name.padEnd(10)} ${from.padStart(width)} -> ${to}`),
    `${spent.runs} runs, ${spent.events} events; ${end}`,
    '',
    ...story,
    '',
    `written to ${out}`,
    `  ${paint.cyan(`${program} replay ${quote(out)}`)}`,
    paint.dim('      exits with 1 as long as it fails, with 0 when it no longer does'),
  ]
  return `${lines.join('\n')}\n`
}
