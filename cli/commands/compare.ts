/** `orrery compare`: the cells of a grid of parameters, by what their runs measure. */
import type { Comparison } from '../../reports/comparison.ts'
import { comparisonCsv, comparisonJson, comparisonText } from '../../reports/comparison.ts'
import { commandLineOf, quote } from '../../reports/invocation.ts'
import { document } from '../../reports/json.ts'
import { compareCells, makeGrid, parseVariation } from '../../sim/explore/compare.ts'
import type { Measure } from '../../sim/explore/measures.ts'
import { findMeasure, isMisspelt, listMeasures, unknownMeasure } from '../../sim/explore/measures.ts'
import type { RunOutcome } from '../../sim/explore/outcome.ts'
import { countSeeds, parseSeeds, seedsOf } from '../../sim/explore/sweep.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import type { Scenario } from '../../sim/scenario/scenario.ts'
import type { Arguments, Command } from '../command.ts'
import { runCells } from '../compare-runs.ts'
import { EXIT } from '../exit-codes.ts'
import { loadScenario } from '../load-scenario.ts'
import { OutputFile } from '../output-file.ts'
import { PageOutput } from '../report-page.ts'
import type { Given } from '../run-spec.ts'
import { invocationOf, makeSpec, readGiven, specOptions } from '../run-spec.ts'

const { seed: _, ...ofRuns } = specOptions

const SEEDS = '20'
const MOST_RUNS = 1_000_000

export const command: Command = {
  summary: 'Compares values of parameters by what their runs measure.',
  about:
    'Every combination of values is run with the same seeds. A measure is a metric, with a statistic if it has ' +
    "several ('read latency.p99'), a number that a check found ('availability'), or one of verdict, undecided, endedAt, " +
    'events, records; --list shows all that there are. Without --measure: the verdict and what the scenario highlights.',
  positionals: [{ name: 'scenario', about: "a built-in scenario's name or a TypeScript or JavaScript file" }],
  options: {
    vary: { kind: 'list', about: 'values of a parameter, as n=3,5,7 or n=3..9; may be repeated' },
    seeds: { kind: 'text', about: `how many seeds, or a range such as 1..20 (default ${SEEDS})` },
    measure: { kind: 'list', about: 'what to compare, separated by commas; may be repeated' },
    list: { kind: 'flag', about: 'lists what can be measured, as one run of each combination knows it' },
    ...ofRuns,
    jobs: { kind: 'text', about: 'worker threads (default: as many as there are processors)' },
    csv: { kind: 'text', about: 'also writes the comparison to this file, as CSV' },
    report: { kind: 'text', about: 'also writes a page of charts to this file, one HTML file' },
    json: { kind: 'flag', about: 'prints the comparison as one JSON document' },
  },
  examples: [
    ['quorum --vary n=3,5 --vary r=1,2 --seeds 10', 'every combination, by what the scenario highlights'],
    [
      "herd-effect --vary n=10,100 --vary strategy=herd,predecessor --measure 'coordination notifications'",
      'one metric',
    ],
    ['quorum --list', 'what there is to be measured'],
    ["quorum --vary loss=0,0.1 --measure 'read latency.p99,verdict' --csv loss.csv", 'for a spreadsheet'],
  ],
  async run(args, context) {
    const given = await readGiven(args)
    const seeds = parseSeeds(args.text('seeds') ?? SEEDS, '--seeds')
    const jobs = readJobs(args.text('jobs'))
    const names = measureNames(args)
    const { scenario, description } = await loadScenario(args.required('scenario'))
    const texts = args.list('vary')
    const list = args.flag('list')
    if (texts.length === 0 && !list) {
      const hint = `such as --vary ${Object.keys(scenario.params)[0] ?? 'n'}=...`
      throw new CallerError('--vary is missing: there is nothing to compare', { hint })
    }
    const variations = texts.map((text) => parseVariation(scenario.params, text, scenario.name))
    const grid = makeGrid(scenario, variations, given.set)
    const runs = grid.cells.length * countSeeds(seeds)
    if (runs > MOST_RUNS) {
      throw new CallerError(`${grid.cells.length} cells with ${countSeeds(seeds)} seeds are ${runs} runs`, {
        expected: `at most ${MOST_RUNS}`,
      })
    }
    const csv = args.text('csv')
    const file = csv === undefined ? undefined : new OutputFile(csv)
    const path = args.text('report')
    const inputs = [description.kind === 'file' ? description.path : undefined, given.plan?.file, csv]
    const page = path === undefined ? undefined : new PageOutput(path, 'compare', '--report', inputs)
    const cells = grid.cells.map((cell) => {
      const set = Object.fromEntries(Object.entries(cell.given).map(([name, value]) => [name, String(value)]))
      return makeSpec(scenario, { ...given, set })
    })
    const shared = {
      ...{ scenario, description, cells, jobs },
      ...(given.random === undefined ? {} : { random: given.random }),
      version: context.version,
    }
    if (list) {
      const ignore = (): void => undefined
      const seed = seedsOf(seeds).next().value ?? seeds.from
      const known = await runCells({ ...shared, seeds: [seed], onFirst: ignore, onProgress: ignore })
      context.out.write(listText(known.flat(), args.flag('json')))
      return EXIT.held
    }
    const progress = new Progress(process.stderr)
    let outcomes: readonly (readonly RunOutcome[])[]
    try {
      outcomes = await runCells({
        ...shared,
        seeds: [...seedsOf(seeds)],
        onFirst: (first) => {
          for (const name of names ?? []) {
            if (findMeasure(name, first) === undefined && isMisspelt(name, first)) {
              throw unknownMeasure(name, first)
            }
          }
        },
        onProgress: progress.show,
      })
    } finally {
      progress.clear()
    }
    const measures = (names ?? defaultNames(scenario, outcomes.flat())).map((name) => {
      const measure: Measure | undefined = findMeasure(name, outcomes.flat())
      if (measure === undefined) throw unknownMeasure(name, outcomes.flat())
      return { measure, cells: compareCells(measure, outcomes) }
    })
    const comparison: Comparison = { scenario: scenario.name, set: given.set, seeds, grid, measures }
    if (file !== undefined) {
      const bytes = new TextEncoder().encode(comparisonCsv(comparison))
      file.write(bytes, bytes.length)
      file.finish()
    }
    if (page !== undefined) {
      const { compareData } = await import('../../reports/html/compare/data.ts')
      const command = commandOf(description.source, args, given, context.program)
      const data = compareData(comparison, scenario.summary, command)
      page.finish({ title: `${scenario.name}: a comparison`, data })
    }
    context.out.write(
      args.flag('json') ? document(comparisonJson(comparison)) : comparisonText(comparison, context.paint),
    )
    return EXIT.held
  },
}

function listText(outcomes: readonly RunOutcome[], json: boolean): string {
  const measures = listMeasures(outcomes)
  if (json) return document({ measures })
  const width = Math.max(...measures.map(({ name }) => name.length))
  return measures.map(({ name, about }) => `${name.padEnd(width)}  ${about}\n`).join('')
}

/** The command line that makes the comparison again. */
function commandOf(source: string, args: Arguments, given: Given, program: string): string {
  const repeated = ['vary', 'measure'].flatMap((name) =>
    args.list(name).map((value) => `--${name} ${quote(value)}`),
  )
  const seeds = args.text('seeds')
  return [
    // What is compared has a range of seeds.
    commandLineOf('compare', invocationOf(source, given, program)).replace(/ --seed \d+/, ''),
    ...repeated,
    ...(seeds === undefined ? [] : [`--seeds ${quote(seeds)}`]),
  ].join(' ')
}

function measureNames(args: Arguments): readonly string[] | undefined {
  const given = args.list('measure')
  if (given.length === 0) return undefined
  const names = given.flatMap((text) => text.split(',').map((name) => name.trim()))
  for (const [index, name] of names.entries()) {
    if (name === '') throw new CallerError(`--measure: ${show(given.join(','))} has an empty name`)
    if (names.indexOf(name) !== index) throw new CallerError(`--measure: ${show(name)} was given twice`)
  }
  return names
}

/** The verdict, and what the scenario wants to be looked at, as far as its runs report it. */
function defaultNames(scenario: Scenario, outcomes: readonly RunOutcome[]): readonly string[] {
  const highlights = (scenario.highlights ?? []).filter((name) => findMeasure(name, outcomes) !== undefined)
  return ['verdict', ...highlights]
}

function readJobs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const jobs = /^\d+$/.test(text) ? Number(text) : 0
  if (jobs >= 1 && jobs <= 1024) return jobs
  throw new CallerError(`--jobs: ${show(text)}`, { expected: 'a number of threads from 1 to 1024' })
}

/** How far it is, on one line that is overwritten; only on a terminal. */
class Progress {
  private readonly stream: NodeJS.WriteStream
  private readonly begun = performance.now()
  private last = 0
  private shown = false

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream
  }

  readonly show = (done: number, all: number): void => {
    if (!this.stream.isTTY) return
    const now = performance.now()
    if (now - this.last < 100 && done < all) return
    this.last = now
    this.shown = true
    const rate = (done * 1000) / Math.max(1, now - this.begun)
    this.stream.write(`\r\u001b[K${done} of ${all} runs, ${rate.toFixed(rate < 10 ? 1 : 0)}/s`)
  }

  clear(): void {
    if (this.shown) this.stream.write('\r\u001b[K')
  }
}
