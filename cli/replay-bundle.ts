/**
 * Replaying a failure bundle: does it still fail, and is it still the same run? The code may have changed since, so
 * another fingerprint is no mistake; the failure counts.
 */
import { faultText, storyLines } from '../reports/story.ts'
import { document } from '../reports/json.ts'
import type { Bundle } from '../sim/explore/bundle.ts'
import { failureSignature } from '../sim/explore/failing.ts'
import type { Signature } from '../sim/explore/outcome.ts'
import { sameSignature, signatureText } from '../sim/explore/outcome.ts'
import type { RunResult } from '../sim/scenario/simulate.ts'
import { attemptOf, currentSpec, loadBundle } from './bundle-file.ts'
import type { Context } from './context.ts'
import type { ExitCode } from './exit-codes.ts'
import { EXIT } from './exit-codes.ts'
import { findScenario } from './find-scenario.ts'

export interface ReplayBundleOptions {
  /** Where the scenario is, if not where the bundle says. */
  readonly scenario: string | undefined
  readonly json: boolean
}

/** What became of the failure. */
type Fate = 'same' | 'other' | 'gone' | 'undecided'

/** Runs a bundle again and says what became of its failure. */
export async function replayBundle(
  file: string,
  options: ReplayBundleOptions,
  context: Context,
): Promise<ExitCode> {
  const bundle = loadBundle(file)
  if (bundle.version !== context.version) {
    context.warn(
      `orrery: warning: ${file} was written by version ${bundle.version}, this is ${context.version}: ` +
        'another fingerprint may come from that',
    )
  }
  const { scenario } = await findScenario(options.scenario, bundle.source, file, 'a failure')
  const spec = currentSpec(bundle, scenario, file, context)
  const attempt = attemptOf(scenario, bundle.maxEvents === undefined ? {} : { maxEvents: bundle.maxEvents })
  const result = await attempt(spec, { records: true })
  const signature = failureSignature(result)
  const fate = fateOf(bundle.signature, signature, result)
  if (options.json) {
    context.out.write(
      document({
        fails: fate === 'same' || fate === 'other',
        sameFailure: fate === 'same',
        sameRun: result.fingerprint === bundle.fingerprint,
        verdict: result.verdict,
        expected: { signature: bundle.signature, fingerprint: bundle.fingerprint, records: bundle.records },
        actual: { signature: signature ?? null, fingerprint: result.fingerprint, records: result.records },
      }),
    )
  } else {
    const story =
      signature === undefined ? [] : ['', ...storyLines(scenario, result, signature, context.paint)]
    const lines = [...summary(file, bundle, fate, signature, result, context), ...story]
    context.out.write(`${lines.join('\n')}\n`)
  }
  return exitCode(fate)
}

function fateOf(expected: Signature, actual: Signature | undefined, { verdict }: RunResult): Fate {
  if (actual !== undefined) return sameSignature(expected, actual) ? 'same' : 'other'
  return verdict === 'undecided' ? 'undecided' : 'gone'
}

function exitCode(fate: Fate): ExitCode {
  switch (fate) {
    case 'same':
    case 'other':
      return EXIT.violated
    case 'undecided':
      return EXIT.undecided
    case 'gone':
      return EXIT.held
  }
}

function summary(
  file: string,
  bundle: Bundle,
  fate: Fate,
  signature: Signature | undefined,
  result: RunResult,
  { paint }: Context,
): readonly string[] {
  const wanted = signatureText(bundle.signature)
  const same = result.fingerprint === bundle.fingerprint
  switch (fate) {
    case 'same':
      return [
        `${paint.red.bold('STILL FAILS')}  ${wanted}`,
        same
          ? `fingerprint ${result.fingerprint}: the same run, record by record`
          : `fingerprint changed (${bundle.fingerprint} in ${file}, ${result.fingerprint} now): another run, but the failure is still there`,
      ]
    case 'other':
      return [
        `${paint.red.bold('FAILS OTHERWISE')}  ${signature === undefined ? '' : signatureText(signature)}`,
        `${file} is about: ${wanted}`,
      ]
    case 'undecided':
    case 'gone':
      return [
        `${fate === 'gone' ? paint.green.bold('NO LONGER FAILS') : paint.yellow.bold('UNDECIDED')}  ${wanted}`,
        same
          ? `fingerprint ${result.fingerprint}: the same run, record by record; what is checked has changed`
          : `fingerprint changed (${bundle.fingerprint} in ${file}, ${result.fingerprint} now)`,
        `with ${bundle.spec.plan.length} faults: ${bundle.spec.plan.map(faultText).join('; ') || 'none'}`,
      ]
  }
}
