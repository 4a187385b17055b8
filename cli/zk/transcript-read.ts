/**
 * Reads a recording of a server and says what its client did, in the order in which it did it. The format is described in
 * test/fixtures/zookeeper/README.md.
 *
 * Steps stand in the order of arrival, so what was done has to be worked out: a request was sent when everything before
 * its reply had arrived, or, with `pipelinedBehind`, while that many requests of its session were still unanswered.
 */
import { CallerError, show } from '../../sim/kernel/errors.ts'
import type { Json, JsonObject, OpName } from './transcript-ops.ts'
import { isObject, readOpName } from './transcript-ops.ts'
import { isLost, tellsRefusal } from './transcript-shape.ts'

export interface CallAction {
  readonly type: 'call'
  readonly step: number
  readonly connection: string
  readonly call: number
  readonly op: OpName
  readonly behind: number
  /** The recorded client ended the connection before it had an answer. */
  readonly lost: boolean
}
export interface ConnectAction {
  readonly type: 'connect'
  readonly step: number
  readonly connection: string
  /** Whether the session is taken up again, and whose it is. */
  readonly again: string | undefined
}
export interface DropAction {
  readonly type: 'drop'
  readonly step: number
  readonly connection: string
}
export interface NoteAction {
  readonly type: 'note'
  readonly step: number
}
/** Nothing to do but to wait for what the recording's client saw here. */
export interface SeenAction {
  readonly type: 'seen'
  readonly step: number
  readonly connection: string
}
export type Action = CallAction | ConnectAction | DropAction | NoteAction | SeenAction

export interface Recording {
  readonly head: JsonObject
  readonly tick: number
  readonly extendedTypesEnabled: boolean
  readonly steps: readonly JsonObject[]
  readonly actions: readonly Action[]
}

/** No recording takes longer than a day, in milliseconds. */
const LONGEST = 86_400_000

/** @throws CallerError for what is no recording, with the index of the step */
export function readRecording(text: string, file: string): Recording {
  let document: Json
  try {
    document = JSON.parse(text.replace(/^\ufeff/, '')) as Json
  } catch (error) {
    throw new CallerError(`not JSON: ${(error as Error).message}`, { where: file, expected: 'a recording' })
  }
  const steps = isObject(document) ? document.steps : undefined
  if (!isObject(document) || !Array.isArray(steps))
    throw new CallerError('a document without `steps`', {
      where: file,
      expected: 'an object with a list of steps',
    })
  const { steps: _, ...head } = document
  const server = isObject(document.server) ? document.server : {}
  const tick = server.tickTime ?? 2000
  if (typeof tick !== 'number' || !(tick >= 1 && Number.isInteger(tick)))
    throw new CallerError(`server.tickTime ${show(tick)}`, {
      where: file,
      expected: 'milliseconds, 1 or more',
    })
  const checked = steps.map((step: Json, index): JsonObject => {
    if (!isObject(step))
      throw new CallerError(`step ${index}: ${show(step)}`, { where: file, expected: 'an object' })
    const { tMs = 0 } = step
    if (typeof tMs === 'number' && tMs >= 0 && tMs <= LONGEST) return step
    throw new CallerError(`tMs ${show(tMs)}`, {
      where: `${file}: step ${index}`,
      expected: `milliseconds since the beginning, at most ${LONGEST}`,
    })
  })
  const extendedTypesEnabled = /extendedTypesEnabled["= :]*true/.test(JSON.stringify(head))
  return { head, tick, extendedTypesEnabled, steps: checked, actions: actionsOf(checked, file) }
}

function actionsOf(steps: readonly JsonObject[], file: string): readonly Action[] {
  const calls: CallAction[] = []
  const others: Action[] = []
  const sessions: Sessions = { known: new Set(), ended: new Set() }
  const { known, ended } = sessions
  let lastCall = 0
  for (const [step, content] of steps.entries()) {
    const where = `${file}: step ${step}`
    const session = (): string => {
      const name = content.session
      if (typeof name === 'string') return name
      throw new CallerError(`session ${show(name)}`, { where, expected: 'a name' })
    }
    if (content.op !== undefined) {
      if (typeof content.op !== 'string')
        throw new CallerError(`op ${show(content.op)}`, { where, expected: 'the name of an operation' })
      if (!known.has(session())) throw unconnected(session(), where)
      const op = readOpName(content.op, where)
      const call = typeof content.call === 'number' ? content.call : lastCall + 1
      lastCall = Math.max(lastCall, call)
      const behind = typeof content.pipelinedBehind === 'number' ? content.pipelinedBehind : 0
      calls.push({
        type: 'call',
        step,
        connection: session(),
        call,
        op,
        behind,
        lost: isLost(content) && !isUnsent(content),
      })
      if (op.name === 'close' && content.error === undefined) ended.add(session())
    } else if (content.event !== undefined) others.push({ type: 'seen', step, connection: session() })
    else if (content.connect !== undefined || content.reconnected !== undefined) {
      const again = sessionTakenUp({ ...content, session: session() }, sessions)
      known.add(session())
      if (tellsRefusal(content)) ended.add(again ?? session())
      else ended.delete(again ?? session())
      others.push({ type: 'connect', step, connection: session(), again })
    } else if (typeof content.connection === 'string') {
      const isDrop = !isEndByServer(content)
      if (isDrop && !known.has(session())) throw unconnected(session(), where)
      others.push({ type: isDrop ? 'drop' : 'seen', step, connection: session() })
    } else if (content.note !== undefined) others.push({ type: 'note', step })
    else
      throw new CallerError(`a step with ${Object.keys(content).join(', ') || 'nothing'}`, {
        where,
        expected: 'one of op, event, connect, reconnected, connection, note',
      })
  }
  return inOrderOfSending(calls, others)
}

function isUnsent({ error, result }: JsonObject): boolean {
  return /\bnot (sent|connected)/i.test(JSON.stringify([error, result]))
}

function unconnected(session: string, where: string): CallerError {
  return new CallerError(`session '${session}'`, { where, expected: 'a session that was connected before' })
}

/** Whether a step tells that the server has closed a connection, and not the client. */
export function isEndByServer({ connection }: JsonObject): boolean {
  return (
    typeof connection === 'string' &&
    /by (the )?server|server (has )?closed|\breset\b|\brefused\b/i.test(connection)
  )
}

/** Stands for a session that the server has never heard of. */
export const UNKNOWN_SESSION = ''

/** Sessions by name, as far as the recording has come. */
interface Sessions {
  readonly known: Set<string>
  /** Those that were closed, or that a server has refused. */
  readonly ended: Set<string>
}

/** The session of a step that takes one up again; undefined for a step that opens one. */
function sessionTakenUp(content: JsonObject, { known, ended }: Sessions): string | undefined {
  const own = content.session as string
  const details = content.reconnected ?? content.connect ?? null
  const { session: _, op: __, ...rest } = content
  const named = namesIn(rest).find((name) => known.has(name) && name !== own)
  if (named !== undefined) return named
  const refused = tellsRefusal(content)
  const keys = keysIn(details)
  const claims = isObject(details) ? (details.sessionId ?? details.session) : undefined
  // A session by a number of its own: if it was refused, any that does not exist will do.
  if (claims !== undefined && claims !== null && claims !== own && refused) return UNKNOWN_SESSION
  if (content.reconnected !== undefined) return own
  const showsKey = keys.some((key) => /passw|passwd|sessionId|reattach|resume/i.test(key))
  if (!known.has(own)) return showsKey && refused ? UNKNOWN_SESSION : undefined
  return !ended.has(own) || refused || showsKey ? own : undefined
}

function namesIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  return isObject(value) ? Object.values(value).flatMap(namesIn) : []
}

function keysIn(value: Json): readonly string[] {
  return isObject(value) ? Object.entries(value).flatMap(([key, held]) => [key, ...keysIn(held)]) : []
}

/**
 * A request was sent before its own reply arrived, before the replies of those that it was sent behind, and before the
 * requests with higher numbers were sent; as late as that allows, everything before it has arrived.
 */
function inOrderOfSending(calls: readonly CallAction[], others: readonly Action[]): readonly Action[] {
  const sorted = [...calls].sort((a, b) => a.call - b.call)
  const placed: { readonly action: Action; readonly place: number; readonly order: number }[] = []
  const drops = others.filter(({ type }) => type === 'drop' || type === 'connect')
  let place = Infinity
  for (let order = sorted.length - 1; order >= 0; order--) {
    const action = sorted[order] as CallAction
    const before = sorted.slice(0, order).filter(({ connection }) => connection === action.connection)
    const waited = action.behind > 0 ? before.slice(-action.behind) : []
    const dropped = action.lost ? dropBefore(action, drops) : undefined
    place = Math.min(place, dropped ?? action.step, ...waited.map(({ step }) => step))
    placed.push({ action: { ...action, lost: dropped !== undefined }, place, order: order + 1 })
  }
  const all = [...placed, ...others.map((action) => ({ action, place: action.step, order: 0 }))]
  return all.sort((a, b) => a.place - b.place || a.order - b.order).map(({ action }) => action)
}

/** A place just before the end of the connection on which a request was sent that was never answered. */
function dropBefore({ step, connection }: CallAction, drops: readonly Action[]): number | undefined {
  const last = drops.findLast(
    (each) => 'connection' in each && each.connection === connection && each.step < step,
  )
  return last?.type === 'drop' ? last.step - 0.5 : undefined
}
