/** What exactly failed in a failing run. */
import type { Violation } from '../checks/check.ts'
import type { RunFailure } from '../host/simulation.ts'
import type { RunResult } from '../scenario/simulate.ts'
import type { Signature } from './outcome.ts'
import { signatureOf } from './outcome.ts'

/**
 * The signature of a failed run. A check of which one run among many is enough (`sometimes`) counts only when nothing
 * else failed.
 */
export function failureSignature(result: RunResult): Signature | undefined {
  const demanded = result.checks.filter(({ across }) => across !== 'some')
  return signatureOf({ ...result, checks: demanded }) ?? signatureOf(result)
}

/** What the signature stands for in a run that has it; the violation is absent when its check says no more. */
export type Failing =
  | { readonly kind: 'failure'; readonly failure: RunFailure }
  | { readonly kind: 'check'; readonly name: string; readonly violation: Violation | undefined }

export function failingOf({ failures, checks }: RunResult, signature: Signature): Failing | undefined {
  if (signature.kind !== 'check') {
    const [failure] = failures
    return failure === undefined ? undefined : { kind: 'failure', failure }
  }
  const check = checks.find(({ name, verdict }) => verdict === 'violated' && name === signature.subject)
  return check === undefined ? undefined : { kind: 'check', name: check.name, violation: check.violation }
}

/** When the run failed, in microseconds; the end of the run where nothing more is known. */
export function failedAt(result: RunResult, signature: Signature): number {
  const failing = failingOf(result, signature)
  if (failing === undefined) return result.endedAt
  return (failing.kind === 'failure' ? failing.failure.time : failing.violation?.time) ?? result.endedAt
}
