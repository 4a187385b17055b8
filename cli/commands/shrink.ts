/** `orrery shrink`: makes a failing run small, tells its story and writes it as a bundle. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { shrinkScreen } from '../../reports/shrink.ts'
import { storyLines } from '../../reports/story.ts'
import { Chalk } from 'chalk'
import type { Bundle, ShrinkReport } from '../../sim/explore/bundle.ts'
import { bundleJson, bundleOf } from '../../sim/explore/bundle.ts'
import type { Signature } from '../../sim/explore/outcome.ts'
import { signatureText } from '../../sim/explore/outcome.ts'
import type { ShrinkOutcome, Shrunk } from '../../sim/explore/shrink.ts'
import { shrink } from '../../sim/explore/shrink.ts'
import { CallerError, show } from '../../sim/kernel/errors.ts'
import type { RunSpec } from '../../sim/scenario/simulate.ts'
import { attemptOf, BundleOutput, currentSpec, isBundleFile, loadBundle } from '../bundle-file.ts'
import type { Arguments, Command } from '../command.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import { findScenario } from '../find-scenario.ts'
import type { LoadedScenario } from '../load-scenario.ts'
import { loadScenario } from '../load-scenario.ts'
import type { Given } from '../run-spec.ts'
import { makeSpec, readGiven, specOptions } from '../run-spec.ts'
import { ShrinkProgress } from '../shrink-progress.ts'

export const command: Command = {
  summary: 'Makes a failing run small and writes it as a bundle.',
  about:
    'Leaves out faults and operations, makes the rest shorter and weaker, brings parameters to their least, calms the ' +
    'network and ends the run early, as long as the same failure is there. The same command gives the same bundle. ' +
    'Exit code 1: the failure is there and was made small; 0: the bundle no longer fails.',
  positionals: [
    { name: 'what', about: "a bundle, or a scenario's name or file, to be run as the options say" },
  ],
  options: {
    ...specOptions,
    budget: { kind: 'text', about: 'runs that may be spent, at least 4 (default 500)' },
    keep: { kind: 'list', about: 'a parameter that stays as it is; may be repeated' },
    out: { kind: 'text', about: 'where the bundle is written (default failure.json)' },
    scenario: { kind: 'text', about: 'the scenario, if it is not where the bundle says' },
    json: { kind: 'flag', about: 'prints the bundle as one JSON document' },
  },
  examples: [
    ['quorum --set r=1 --set w=1 --seed 7', 'a failing seed'],
    ['quorum --seed 7 --plan faults.yaml --out quorum-7.json', 'with your own faults, to another file'],
    ['failure.json --budget 2000', 'a bundle, further'],
  ],
  async run(args, context) {
    const budget = readCount(args, 'budget', 4)
    const maxEvents = readCount(args, 'max-events', 1)
    const out = args.text('out') ?? 'failure.json'
    const task = await readTask(args, maxEvents, context)
    const { description } = task.loaded
    const inputs = [description.kind === 'file' ? description.path : undefined, task.given?.plan?.file]
    if (inputs.some((input) => input !== undefined && resolve(input) === resolve(out))) {
      throw new CallerError(`--out: '${out}' is what is to be run`, { expected: 'another file' })
    }
    const file = new BundleOutput(out)
    const { scenario } = task.loaded
    const limits = task.maxEvents === undefined ? {} : { maxEvents: task.maxEvents }
    const progress = new ShrinkProgress(process.stderr)
    let outcome: ShrinkOutcome
    try {
      outcome = await shrink({
        scenario,
        spec: task.spec,
        attempt: attemptOf(scenario, limits),
        keep: args.list('keep'),
        ...(task.signature === undefined ? {} : { signature: task.signature }),
        ...(budget === undefined ? {} : { runs: budget }),
        onProgress: progress.show,
      })
    } catch (error) {
      const loaded = task.given?.plan?.loaded
      throw loaded === undefined ? error : loaded.explain(error, task.spec.plan.length - loaded.plan.length)
    } finally {
      progress.clear()
    }
    if (outcome.kind === 'not-deterministic') return notDeterministic(outcome.fingerprints, context)
    if (outcome.kind === 'does-not-fail') return doesNotFail(task, outcome.result.verdict, context)

    outcome = { ...outcome, ...sinceFound(outcome, task.earlier) }
    const bundle = bundleFor(task, outcome, limits, context)
    file.finish(bundle)
    if (args.flag('json')) context.out.write(`${JSON.stringify({ out, ...bundleJson(bundle) }, null, 2)}\n`)
    else {
      const story = storyLines(scenario, outcome.result, outcome.signature, context.paint)
      const { program, paint } = context
      context.out.write(shrinkScreen({ outcome, story, out, program }, paint))
    }
    return EXIT.violated
  },
}

/** What is to be shrunk, and how it was named. */
interface Task {
  readonly name: string
  readonly isBundle: boolean
  readonly loaded: LoadedScenario
  readonly spec: RunSpec
  readonly source: string
  readonly signature?: Signature
  readonly maxEvents?: number
  readonly given?: Given
  /** What earlier shrinking of the bundle did. */
  readonly earlier?: ShrinkReport
}

async function readTask(args: Arguments, maxEvents: number | undefined, context: Context): Promise<Task> {
  const name = args.required('what')
  const limits = maxEvents === undefined ? {} : { maxEvents }
  if (isBundleFile(name) || (name.endsWith('.json') && existsSync(name))) {
    for (const option of Object.keys(specOptions)) {
      const isGiven = args.text(option) !== undefined && (args.text(option) as unknown) !== false
      // How long to wait for a run that does not end is not part of the run.
      if (!isGiven || option === 'max-events') continue
      throw new CallerError(`--${option} stands beside a bundle`, {
        expected: 'the bundle alone: it holds the whole run spec',
      })
    }
    const bundle = loadBundle(name)
    const loaded = await findScenario(args.text('scenario'), bundle.source, name, 'a failure')
    const spec = currentSpec(bundle, loaded.scenario, name, context)
    const { signature } = bundle
    const { source } = loaded.description
    return {
      name,
      isBundle: true,
      loaded,
      spec,
      source,
      signature,
      ...(bundle.maxEvents === undefined ? {} : { maxEvents: bundle.maxEvents }),
      ...limits,
      ...(bundle.shrunk === undefined ? {} : { earlier: bundle.shrunk }),
    }
  }
  if (args.text('scenario') !== undefined) {
    throw new CallerError('--scenario stands beside a scenario', { expected: 'it beside a bundle' })
  }
  const given = await readGiven(args)
  const loaded = await loadScenario(name)
  const spec = makeSpec(loaded.scenario, given)
  return { name, isBundle: false, loaded, spec, source: loaded.description.source, given, ...limits }
}

/** Counts from when the failure was found, whoever shrank it first. */
function sinceFound(
  { before, spent }: Shrunk,
  earlier: ShrinkReport | undefined,
): Pick<Shrunk, 'before' | 'spent'> {
  if (earlier === undefined) return { before, spent }
  const runs = earlier.spent.runs + spent.runs
  return { before: earlier.before, spent: { runs, events: earlier.spent.events + spent.events } }
}

function readCount(args: Arguments, option: string, least: number): number | undefined {
  const text = args.text(option)
  if (text === undefined) return undefined
  const count = /^\d+$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(count) && count >= least) return count
  throw new CallerError(`--${option}: ${show(text)}`, { expected: `a whole number, at least ${least}` })
}

function bundleFor(
  task: Task,
  outcome: Shrunk,
  limits: { readonly maxEvents?: number },
  { version }: Context,
): Bundle {
  const { result, signature, before, after, spent, complete } = outcome
  return bundleOf(result, {
    version,
    source: task.source,
    signature,
    ...limits,
    shrunk: { before, after, spent, complete },
    story: storyLines(task.loaded.scenario, result, signature, new Chalk({ level: 0 })),
  })
}

function doesNotFail(
  { name, isBundle, spec, signature }: Task,
  verdict: string,
  { out, paint }: Context,
): ExitCode {
  if (!isBundle) {
    throw new CallerError(`${name} does not fail with seed ${spec.seed}: its verdict is '${verdict}'`, {
      expected: 'a run that fails',
      hint: `find one with 'orrery sweep ${name}'`,
    })
  }
  const wanted = signature === undefined ? 'its failure' : signatureText(signature)
  if (verdict === 'violated') {
    throw new CallerError(`${name} fails otherwise than with '${wanted}'`, {
      expected: 'the failure of the bundle',
      hint: `see 'orrery replay ${name}'`,
    })
  }
  out.write(`${paint.green.bold('NO LONGER FAILS')}  ${wanted}\n${name} is left as it was\n`)
  return EXIT.held
}

function notDeterministic([a, b]: readonly [string, string], { out, paint }: Context): ExitCode {
  out.write(
    `${paint.red.bold('NOT DETERMINISTIC')}  two runs of one spec have the fingerprints ${a} and ${b}\n` +
      "nothing can be shrunk; 'orrery run --trace' twice and 'orrery diff' show where they part\n",
  )
  return EXIT.notDeterministic
}
