/** `orrery merge`: the shards of a sweep as one. */
import { quote } from '../../reports/invocation.ts'
import type { SweepSummary } from '../../reports/sweep.ts'
import type { SweepOutcome } from '../../sim/explore/sweep-tally.ts'
import { sweepVerdict } from '../../sim/explore/sweep-verdict.ts'
import { countSeeds, isVerified, seedsOf, WHOLE } from '../../sim/explore/sweep.ts'
import { CallerError, invariant, show } from '../../sim/kernel/errors.ts'
import type { Command } from '../command.ts'
import { OutputFile } from '../output-file.ts'
import { manifestOf, readOutcomes } from '../sweep/directory.ts'
import type { SweepManifest } from '../sweep/manifest.ts'
import { checkSameSweep } from '../sweep/manifest.ts'
import type { SweepPage } from '../sweep-report.ts'
import { saySummary } from '../sweep/say.ts'
import { Collector } from '../sweep/session.ts'

interface Part {
  readonly folder: string
  readonly manifest: SweepManifest
}

export const command: Command = {
  summary: 'Joins the shards of a sweep and says what the whole sweep says.',
  about:
    "Each folder is what 'orrery sweep --shard i/n --out DIR' wrote; all n must be there and finished. Prints what the " +
    'same sweep prints without --shard, byte for byte.',
  positionals: [{ name: 'folders', about: 'folders with the outcomes of the shards', many: true }],
  options: {
    junit: { kind: 'text', about: 'writes a JUnit report to this file' },
    report: { kind: 'text', about: 'writes a page to look at to this file, without pages of single runs' },
    strict: {
      kind: 'flag',
      about: 'faults and checks that were vacuous in all runs make the verdict undecided',
    },
    json: { kind: 'flag', about: 'prints the result as one JSON document' },
  },
  examples: [
    ['shard-1 shard-2', 'two halves'],
    ['shards/* --junit report.xml', 'all folders of a folder, with a report for CI'],
  ],
  async run(args, context) {
    const parts = args.list('folders').map(readPart)
    const [first, ...others] = parts
    invariant(first !== undefined, 'the parser wants one folder at least')
    for (const { folder, manifest } of others) {
      checkSameSweep(manifest, first.manifest, folder, `the one in ${first.folder}`, true)
    }
    checkShards(parts, first.manifest.shard.count)
    const { seeds, scenario, params, invocation } = first.manifest
    const bail = parts.every(({ manifest }) => manifest.session.bail)
    const junitPath = args.text('junit')
    const junit = junitPath === undefined ? undefined : new OutputFile(junitPath)

    const reportPath = args.text('report')
    const page = reportPath === undefined ? undefined : await openPage(reportPath)
    const outcomes: SweepOutcome[] = []

    const collected = new Collector(bail ? seedsOf(seeds) : undefined)
    const verified = new Set<number>()
    const made = parts.map(({ folder, manifest }) => {
      const content = readOutcomes(folder, manifest, (outcome) => {
        collected.add(outcome)
        if (page !== undefined) outcomes.push(outcome)
      })
      for (const lost of content.lost.values()) {
        collected.add(lost)
        if (page !== undefined) outcomes.push(lost)
      }
      for (const seed of content.verified) if (isVerified(seed, manifest.session.share)) verified.add(seed)
      return [...content.done, ...content.lost.keys()]
    })
    parts.forEach((part, index) => {
      checkComplete(part, made[index] ?? [], collected.limit)
    })
    const report = collected.finish()
    const summary: SweepSummary = {
      scenario,
      params,
      seeds,
      shard: WHOLE,
      bail,
      verified: collected.count(verified),
      report,
      verdict: sweepVerdict(report, false),
      invocation: { ...invocation, program: context.program, seed: seeds.from },
      strict: args.flag('strict'),
    }
    if (page !== undefined) {
      const { limit } = collected
      for (const outcome of outcomes) if (outcome.seed <= limit) page.runs.add(outcome)
      page.finishAlone(summary, [context.program, 'merge', ...args.list('folders').map(quote)].join(' '))
    }
    return saySummary(summary, junit, args.flag('json'), context)
  },
}

/** Pages are loaded only where they are wanted. */
async function openPage(path: string): Promise<SweepPage> {
  const { SweepPage: Page } = await import('../sweep-report.ts')
  return new Page(path, [])
}

function readPart(folder: string): Part {
  const manifest = manifestOf(folder)
  if (manifest !== undefined) return { folder, manifest }
  throw new CallerError(`${show(folder)} holds no sweep`, {
    expected: "a folder that 'orrery sweep --out' wrote",
  })
}

/** Every shard once: what is missing would not be missed otherwise. */
function checkShards(parts: readonly Part[], count: number): void {
  const folders = new Map<number, string>()
  for (const { folder, manifest } of parts) {
    const { index } = manifest.shard
    const other = folders.get(index)
    if (other !== undefined) throw new CallerError(`${other} and ${folder} both hold shard ${index}/${count}`)
    folders.set(index, folder)
  }
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter((index) => !folders.has(index))
  if (missing.length === 0) return
  throw new CallerError(`${missing.map((index) => `shard ${index}/${count}`).join(', ')} missing`, {
    expected: `all ${count} shards`,
  })
}

/** Throws a CallerError if runs are missing that time did not forbid. `limit`: no seed beyond it counts. */
function checkComplete({ folder, manifest }: Part, made: readonly number[], limit: number): void {
  const { seeds, shard, session } = manifest
  if (session.timed) return
  const total = countSeeds({ from: seeds.from, to: Math.min(seeds.to, limit) }, shard)
  const missing = total - made.filter((seed) => seed <= limit).length
  if (missing === 0) return
  throw new CallerError(`${folder} is not finished: ${missing} of its ${total} runs are missing`, {
    hint: 'finish it with --resume',
  })
}
