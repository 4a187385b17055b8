/** What a recording tells of the ends of sessions and connections that nobody asked for. */
import type { JsonObject } from './transcript-ops.ts'
import type { Recording } from './transcript-read.ts'
import { isEndByServer } from './transcript-read.ts'

/** Milliseconds within which what belongs together arrives. */
const SOON = 60

/** When a recording first shows what nobody's request caused: the end of a silent session. In milliseconds. */
export function firstExpiry(steps: readonly JsonObject[]): number | undefined {
  if (!steps.some(({ connection }) => typeof connection === 'string')) return undefined
  const isSight = (step: JsonObject): boolean => step.event !== undefined || isEndByServer(step)
  for (const [i, step] of steps.entries()) {
    const before = steps[i - 1]?.tMs
    if (!isSight(step) || typeof step.tMs !== 'number' || typeof before !== 'number') continue
    const cause = steps.slice(i).find((each) => !isSight(each))
    const caused = typeof cause?.tMs === 'number' && cause.tMs - step.tMs < SOON && cause.note === undefined
    if (!caused && step.tMs - before > SOON) return step.tMs
  }
  return undefined
}

/** Whether a connection ends at a step because its session is taken up over another one, just before or after. */
export function endsByMove({ steps, actions }: Recording, step: number): boolean {
  const { session: owner, tMs } = steps[step] ?? {}
  return actions.some((action) => {
    if (action.type !== 'connect' || action.again === undefined || Math.abs(action.step - step) > 3)
      return false
    const time = steps[action.step]?.tMs
    const isNear = typeof tMs !== 'number' || typeof time !== 'number' || Math.abs(time - tMs) < SOON
    return isNear && (action.again === owner || action.connection === owner)
  })
}
