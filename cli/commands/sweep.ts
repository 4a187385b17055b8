/** `orrery sweep`: one scenario with many seeds. */
import type { Invocation } from '../../reports/invocation.ts'
import { commandLineOf } from '../../reports/invocation.ts'
import type { SweepSummary } from '../../reports/sweep.ts'
import { sweepVerdict } from '../../sim/explore/sweep-verdict.ts'
import type { RunSpec } from '../../sim/scenario/simulate.ts'
import type { Arguments, Command } from '../command.ts'
import type { Context } from '../context.ts'
import { EXIT } from '../exit-codes.ts'
import { loadScenario } from '../load-scenario.ts'
import { OutputFile } from '../output-file.ts'
import { planMaker } from '../random-faults.ts'
import { execute, invocationOf, makeSpec } from '../run-spec.ts'
import { SweepDirectory } from '../sweep/directory.ts'
import type { SweepManifest } from '../sweep/manifest.ts'
import { codeHash } from '../sweep/manifest.ts'
import { startProgress } from '../sweep/progress.ts'
import type { SweepTask } from '../sweep/runner.ts'
import { sayDivergence, saySummary } from '../sweep/say.ts'
import { runSession } from '../sweep/session.ts'
import { readSettings, sweepOptions } from '../sweep/settings.ts'
import type { SweepPage } from '../sweep-report.ts'

export const command: Command = {
  summary: 'Runs a scenario with many seeds, on all cores, and says what failed how often.',
  about:
    'Failures are grouped by what failed; of each group the run with the fewest events is named, with the commands ' +
    'that replay and shrink it. The same command gives the same output, byte for byte, however many threads run; ' +
    'only --time is exempt.',
  positionals: [{ name: 'scenario', about: "a built-in scenario's name or a TypeScript or JavaScript file" }],
  options: sweepOptions,
  examples: [
    ['quorum --seeds 1000', 'seeds 1 to 1000'],
    ['quorum --seeds 500..599 --set r=1 --bail', 'other seeds and parameters, to the first failure'],
    ['leader-election --swarm --time 60s', 'random faults, for a minute'],
    ['quorum --seeds 100000 --out sweeps/quorum --resume', 'a long one, begun or gone on with'],
    ['quorum --set r=1 --set w=1 --report sweep.html', 'a page to look at, with pages of failed runs'],
    ['quorum --seeds 1000 --shard 1/2 --out shard-1', "half of it; 'orrery merge' joins the halves"],
  ],
  async run(args, context) {
    const settings = await readSettings(args)
    const { given, seeds, shard, bail, share, out, strict } = settings
    const { scenario, description } = await loadScenario(args.required('scenario'))
    const spec = makeSpec(scenario, { ...given, seed: seeds.from })
    // Mistakes in the plan are found before any thread starts, and told with their place in its file.
    await execute(scenario, { ...spec, until: 0 }, [], given)
    const random = given.random
    const task: SweepTask = {
      description,
      spec: runsSpec(spec, random !== undefined),
      ...(random === undefined ? {} : { random }),
      ...(given.maxEvents === undefined ? {} : { maxEvents: given.maxEvents }),
      version: context.version,
    }
    const junit = settings.junit === undefined ? undefined : new OutputFile(settings.junit)
    const inputs = [description.kind === 'file' ? description.path : undefined, given.plan?.file]
    const page = settings.report === undefined ? undefined : await openPage(settings.report, inputs)
    const invocation = invocationOf(description.source, given, context.program)
    const { program: _, seed: _seed, ...runInvocation } = invocation
    const manifest: SweepManifest = {
      version: context.version,
      scenario: scenario.name,
      code: codeHash(description),
      params: task.spec.params,
      plan: task.spec.plan,
      profile: task.spec.profile,
      until: task.spec.until,
      random: random ?? null,
      maxEvents: given.maxEvents ?? null,
      seeds,
      shard,
      session: { bail, share, timed: settings.timeLimit !== undefined },
      invocation: runInvocation,
    }
    const directory = out === undefined ? undefined : new SweepDirectory(out, manifest, settings.resume)
    if (out !== undefined) sayHowToGoOn(out, context)

    const begun = performance.now()
    const { report, verified, made, divergence } = await runSession({
      settings,
      task,
      scenario,
      directory,
      startProgress,
      warn: context.warn,
      ...(page === undefined ? {} : { watch: page.runs.add }),
    })
    directory?.close()
    const seconds = (performance.now() - begun) / 1000
    context.aside(`ran ${made} in ${seconds.toFixed(2)} s, ${Math.round(made / seconds)}/s`)
    if (divergence !== undefined) {
      sayDivergence(divergence, scenario.name, settings.json, context)
      return EXIT.notDeterministic
    }
    const verdict = sweepVerdict(report, shard.count > 1)
    const summary: SweepSummary = {
      scenario: scenario.name,
      params: task.spec.params,
      seeds,
      shard,
      bail,
      verified,
      report,
      verdict,
      invocation,
      strict,
    }
    await page?.finish(summary, commandOf(invocation, args), {
      scenario,
      source: description.source,
      version: context.version,
      spec: task.spec,
      planOf: random === undefined ? () => task.spec.plan : planMaker(scenario, task.spec, random),
      maxEvents: given.maxEvents,
    })
    return saySummary(summary, junit, settings.json, context)
  },
}

/** Pages are loaded only where they are wanted. */
async function openPage(path: string, inputs: readonly (string | undefined)[]): Promise<SweepPage> {
  const { SweepPage: Page } = await import('../sweep-report.ts')
  return new Page(path, inputs)
}

/** The command line that makes the sweep again; threads and files have no part in what comes out. */
function commandOf(invocation: Invocation, args: Arguments): string {
  const options = ['seeds', 'shard'].flatMap((name) => {
    const value = args.text(name)
    return value === undefined ? [] : [`--${name}`, value]
  })
  const flags = ['bail', 'strict'].filter((name) => args.flag(name)).map((name) => `--${name}`)
  // A sweep has a range of seeds.
  return commandLineOf('sweep', invocation, ...options, ...flags).replace(/ --seed \d+/, '')
}

/** What all runs share: with random faults, each has a plan of its own. */
function runsSpec(spec: RunSpec, random: boolean): RunSpec {
  return random ? { ...spec, plan: [] } : spec
}

/** An interrupted sweep can be gone on with; whoever interrupts it should know. */
function sayHowToGoOn(out: string, { warn }: Context): void {
  process.prependOnceListener('SIGINT', () => {
    warn(`orrery: interrupted; ${out} keeps what was run: the same command with --resume goes on`)
  })
}
