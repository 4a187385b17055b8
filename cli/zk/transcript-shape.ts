/**
 * Writes our outcome of a step in the form in which the recording has its own: the same keys in the same order, errors by
 * name or number, names of children in the recorded order where they are the same. Values are always ours; only what the
 * real server leaves open, and spellings, come from the recording.
 */
import { ERROR_CODES } from '../../nodes/coordination/wire.ts'
import type { Json, JsonObject } from './transcript-ops.ts'
import { isObject } from './transcript-ops.ts'

/** Parts of a result that a recording may leave out. */
const OPTIONAL: ReadonlySet<string> = new Set(['stat', 'path', 'headerErr'])

/** Our result in the form of the recorded one, which is undefined if there is none. */
export function shaped(ours: Json, recorded: Json | undefined): Json {
  if (recorded === 'OK' && isObject(ours) && Object.keys(ours).every((key) => OPTIONAL.has(key))) return 'OK'
  if (typeof recorded === 'number' && typeof ours === 'string') return codeOf(ours) ?? ours
  if (Array.isArray(recorded)) {
    // A list may stand for the object that has it.
    const [list, ...others] = isObject(ours) ? Object.values(ours) : [ours]
    if (Array.isArray(list) && others.length === 0) return shapedList(list, recorded)
  }
  return isObject(ours) && isObject(recorded) ? shapedObject(ours, recorded) : ours
}

function shapedList(ours: readonly Json[], recorded: readonly Json[]): Json {
  if (ours.every((each) => typeof each === 'string')) {
    const same = JSON.stringify([...ours].sort()) === JSON.stringify([...recorded].sort())
    // Names come in the order of a hash table.
    return same ? recorded : ours
  }
  return ours.map((each, i) => shaped(each, recorded[i]))
}

function shapedObject(ours: JsonObject, recorded: JsonObject): Json {
  const out: Record<string, Json> = {}
  const [only, ...others] = Object.keys(ours)
  const [theirs, ...more] = Object.keys(recorded)
  // One value under another name.
  if (only !== undefined && theirs !== undefined && others.length + more.length === 0)
    if (!OPTIONAL.has(only) && typeof ours[only] === typeof recorded[theirs])
      return { [theirs]: shaped(ours[only] as Json, recorded[theirs]) }
  for (const [key, value] of Object.entries(recorded)) {
    const own = ours[key]
    if (own !== undefined) out[key] = shaped(own, value)
  }
  for (const [key, value] of Object.entries(ours))
    if (out[key] === undefined && !OPTIONAL.has(key)) out[key] = value
  return out
}

/** Our error in the form of the recorded one: a name, a number, or an object with both. */
export function shapedError(ours: string, recorded: Json | undefined): Json {
  if (typeof recorded === 'number') return codeOf(ours) ?? ours
  if (!isObject(recorded)) return ours
  const out: Record<string, Json> = {}
  for (const [key, value] of Object.entries(recorded))
    out[key] = typeof value === 'number' ? (codeOf(ours) ?? ours) : ours
  return out
}

/** Whether a recorded request was never answered, since its connection ended, in whatever words. */
export function isLost({ error, result, zxid }: JsonObject): boolean {
  if (error === 'ConnectionLoss' || error === ERROR_CODES.ConnectionLoss) return true
  if (typeof zxid === 'number') return false
  if (error !== undefined) return typeof error === 'string' && !(error in ERROR_CODES)
  return result === null || (typeof result === 'string' && result !== 'OK')
}

function codeOf(name: string): number | undefined {
  return (ERROR_CODES as Readonly<Record<string, number>>)[name]
}

/** What a server answered to a client that connects. */
export interface Welcome {
  /** Milliseconds; 0 if it was refused. */
  readonly timeout: number
  /** Name of the session; null: refused. */
  readonly session: string | null
  /** The connection was closed instead of an answer. */
  readonly closed: boolean
}

/**
 * A recorded step that connects, with our answer. A recording may tell the answer as `result`, in the details of the step
 * themselves, or by a word.
 */
export function shapedConnect(step: JsonObject, welcome: Welcome): JsonObject {
  const { session, timeout } = welcome
  const full: Json = welcome.closed ? null : { negotiatedTimeout: timeout, session }
  const out: Record<string, Json> = { ...step }
  const told = 'result' in step ? 'result' : 'reconnected' in step ? 'reconnected' : undefined
  const agrees = (session !== null) === !tellsRefusal(step)
  if ('error' in step) {
    if (agrees) return out
    delete out.error
    out.result = full
    return out
  }
  if (told === undefined) {
    // A request without an answer: the connection was closed instead.
    if (!(agrees && session === null)) out.result = full
    return out
  }
  const value = step[told] as Json
  if (isObject(value)) out[told] = withFacts(value, welcome, told === 'reconnected')
  else if (typeof value === 'boolean') out[told] = session !== null
  else if (value === null || told === 'result') out[told] = agrees && typeof value === 'string' ? value : full
  // A word, or the name of the session.
  if (told !== 'result' && !agrees && !isObject(value) && typeof value !== 'boolean') out.result = full
  return out
}

/** Details with our values under the names that tell the answer. */
function withFacts(details: JsonObject, welcome: Welcome, mixed: boolean): JsonObject {
  const out: Record<string, Json> = {}
  const isRequest = mixed && Object.keys(details).some((key) => /^negotiated|^result$/i.test(key))
  const accepted = welcome.session !== null
  for (const [key, value] of Object.entries(details)) {
    if (isObject(value)) out[key] = withFacts(value, welcome, false)
    else if (
      /^negotiated|^timeout$/i.test(key) &&
      typeof value === 'number' &&
      !(isRequest && key === 'timeout')
    )
      out[key] = welcome.timeout
    else if (/^session(Id|Name)?$/i.test(key) && typeof value !== 'boolean')
      // How a recording writes that there is no session is its own affair.
      out[key] = accepted ? welcome.session : isNoSession(value) ? value : null
    else if (typeof value !== 'boolean') out[key] = value
    else if (/same|accept|^ok$|success|attached|resumed|valid|alive/i.test(key)) out[key] = accepted
    else if (/expired|refused|rejected|closed/i.test(key)) out[key] = !accepted
    else out[key] = value
  }
  return out
}

function isNoSession(value: Json | undefined): boolean {
  return (
    value === null || value === 0 || (typeof value === 'string' && /^(0x)?0*$|none|null|expired/i.test(value))
  )
}

/** Whether a recorded step that connects tells that the client was refused. */
export function tellsRefusal(step: JsonObject): boolean {
  if (step.error !== undefined) return true
  const answer = 'result' in step ? step.result : step.reconnected
  return answer !== undefined && isRefusal(answer)
}

function isRefusal(answer: Json): boolean {
  if (answer === null || answer === false) return true
  if (typeof answer === 'string') return /refus|expire|reject|fail|invalid|closed/i.test(answer)
  if (!isObject(answer)) return false
  if (answer.negotiatedTimeout === 0 || answer.expired === true || answer.error !== undefined) return true
  if (isObject(answer.result) && isRefusal(answer.result)) return true
  return 'session' in answer && isNoSession(answer.session)
}
