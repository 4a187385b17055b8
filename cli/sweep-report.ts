/** The page of a sweep, and beside it the pages of the cheapest run of each failure. */
import { mkdirSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { RECORD_LIMIT } from '../reports/html/run/selection.ts'
import { SweepRuns } from '../reports/html/sweep/data.ts'
import { commandLine } from '../reports/invocation.ts'
import type { SweepSummary } from '../reports/sweep.ts'
import type { Plan } from '../sim/host/fault.ts'
import { CallerError } from '../sim/kernel/errors.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import type { RunSpec } from '../sim/scenario/simulate.ts'
import { reason } from './output-file.ts'
import { PageOutput } from './report-page.ts'
import { firstRun, reportedRun, runPage } from './run-report.ts'
import { execute } from './run-spec.ts'

/** Failures of which the run has a page of its own. */
const PAGES = 12

/** What one run of a sweep is made of. */
export interface SweepOfRuns {
  readonly scenario: Scenario
  readonly source: string
  readonly version: string
  readonly spec: RunSpec
  readonly planOf: (seed: number) => Plan
  readonly maxEvents: number | undefined
}

export class SweepPage {
  readonly runs = new SweepRuns()
  private readonly page: PageOutput
  private readonly path: string

  /** @throws CallerError if the file cannot be written */
  constructor(path: string, inputs: readonly (string | undefined)[]) {
    this.page = new PageOutput(path, 'sweep', '--report', inputs)
    this.path = path
  }

  /** Writes the page of a sweep whose runs cannot be made again here. */
  finishAlone(summary: SweepSummary, command: string): void {
    this.write(summary, command, new Map())
  }

  /** Writes the pages of failures, then the page of the sweep. */
  async finish(summary: SweepSummary, command: string, task: SweepOfRuns): Promise<void> {
    const seeds = summary.report.failures.slice(0, PAGES).map(({ cheapest }) => cheapest.seed)
    const reports = new Map<number, string>()
    const folder = `${basename(this.path, extname(this.path))}-runs`
    if (seeds.length > 0) makeFolder(join(dirname(this.path), folder))
    for (const seed of seeds) {
      const name = `seed-${seed}.html`
      await writeRun(join(dirname(this.path), folder, name), seed, summary, task)
      reports.set(seed, `${folder}/${name}`)
    }
    this.write(summary, command, reports)
  }

  private write(summary: SweepSummary, command: string, reports: ReadonlyMap<number, string>): void {
    const data = this.runs.data(summary, command, reports)
    this.page.finish({ title: `${summary.scenario}: a sweep, ${data.verdict}`, data })
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw new CallerError(`--report: cannot make the folder ${path}: ${reason(error)}`)
  }
}

async function writeRun(
  path: string,
  seed: number,
  { invocation }: SweepSummary,
  { scenario, source, version, spec: shared, planOf, maxEvents }: SweepOfRuns,
): Promise<void> {
  const spec: RunSpec = { ...shared, seed, plan: planOf(seed) }
  const given = { maxEvents }
  const one = { ...invocation, seed }
  const commands = [
    { about: 'run it again', command: commandLine(one) },
    { about: 'keep every record', command: commandLine(one, '--trace', 'run.jsonl') },
  ]
  const page = new PageOutput(path, 'run', '--report')
  const first = firstRun(await execute(scenario, spec, [], given))
  const around = { source, version, commands }
  const { data } = await reportedRun({ scenario, spec, given, around, limit: RECORD_LIMIT }, first)
  page.finish(runPage(data))
}
