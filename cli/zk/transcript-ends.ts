/** What a recording tells of the ends of sessions and connections that nobody asked for. */
import type { JsonObject } from './transcript-ops.ts'
import type { Recording } from './transcript-read.ts'
import { isEndByServer } from './transcript-read.ts'

/** Milliseconds within which what belongs together arrives. */
const SOON = 60
/** Steps within which the end of a silent connection stands with the events of its session's end. */
const NEAR = 8

/** When a recording first shows what nobody's request caused: the end of a silent session. In milliseconds. */
export function firstExpiry(steps: readonly JsonObject[]): number | undefined {
  if (!steps.some(({ connection }) => typeof connection === 'string')) return undefined
  for (const [i, step] of steps.entries()) {
    const before = steps[i - 1]?.tMs
    if (!isSight(step) || typeof step.tMs !== 'number' || typeof before !== 'number') continue
    if (!isCausedByNext(steps, i) && step.tMs - before > SOON) return step.tMs
  }
  return undefined
}

function isSight(step: JsonObject): boolean {
  return step.event !== undefined || isEndByServer(step)
}

/** Whether what was seen at a step may come of the next request: events arrive before the reply to what caused them. */
export function isCausedByNext(steps: readonly JsonObject[], index: number): boolean {
  const { tMs } = steps[index] ?? {}
  const next = steps.slice(index).find((step) => !isSight(step))
  if (typeof tMs !== 'number' || typeof next?.tMs !== 'number') return false
  // On a busy machine the reply may come much later; but nobody expires where no connection ends.
  const mayExpire = steps.slice(0, index + NEAR).some(({ connection }) => connection !== undefined)
  if (mayExpire && next.tMs - tMs >= SOON) return false
  return typeof next.op !== 'string'
    ? next.note === undefined
    : !/^(get|exists|sync|ping|check)/i.test(next.op)
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
