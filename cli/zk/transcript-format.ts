/**
 * How a transcript is written: the same JSON as a recording, one step a line, sessions by name, zxids as offsets from the
 * first write, long data as its length.
 */
import { utf8Length } from '../../nodes/coordination/data/tree.ts'
import type { MultiResult, OpResults, Stat, ZnodeData } from '../../nodes/coordination/wire.ts'
import type { Json, JsonObject } from './transcript-ops.ts'

/** Longest data that is shown, in bytes. */
const SHOWN = 200

/** What a name or an offset stands for, known when the run is over. */
export interface Naming {
  /** Name of a session; undefined for a number that is none. */
  readonly session: (id: number) => string | undefined
  /** The zxid of the first write. */
  readonly firstWrite: number
}

export function dataJson(data: ZnodeData): Json {
  if (data === null) return null
  const bytes = utf8Length(data)
  return bytes > SHOWN ? { bytes } : data
}

/** Without times: they differ from run to run of a real server. */
export function statJson(stat: Stat, { session, firstWrite }: Naming): JsonObject {
  const { ephemeralOwner: owner } = stat
  return {
    czxid: stat.czxid - firstWrite,
    mzxid: stat.mzxid - firstWrite,
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: owner === 0 ? null : (session(owner) ?? `0x${owner.toString(16)}`),
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
    pzxid: stat.pzxid - firstWrite,
  }
}

/** The result of an operation; `OK` for those that have none. */
export function resultJson(result: OpResults[keyof OpResults], naming: Naming): Json {
  if (result === undefined) return 'OK'
  const out: Record<string, Json> = {}
  if ('path' in result) out.path = result.path
  if ('children' in result) out.children = result.children
  if ('data' in result) out.data = dataJson(result.data)
  if ('stat' in result && result.stat !== undefined) out.stat = statJson(result.stat, naming)
  if ('ephemerals' in result) out.ephemerals = result.ephemerals
  if ('totalNumber' in result) out.totalNumber = result.totalNumber
  if ('results' in result) out.results = result.results.map((part) => partJson(part, naming))
  return out
}

function partJson(part: MultiResult, naming: Naming): JsonObject {
  switch (part.type) {
    case 'create':
      return part.stat === undefined
        ? { ok: true, path: part.path }
        : { ok: true, path: part.path, stat: statJson(part.stat, naming) }
    case 'setData':
      return { ok: true, stat: statJson(part.stat, naming) }
    case 'delete':
    case 'check':
      return { ok: true }
    case 'error':
      return { error: part.error, headerErr: part.error }
  }
}

/** The whole transcript, laid out as recordings are: indented by one, a step a line. */
export function layOut(head: JsonObject, steps: readonly JsonObject[]): string {
  const empty = JSON.stringify({ ...head, steps: [] }, null, 1)
  const lines = steps.map((step) => `  ${JSON.stringify(step)}`).join(',\n')
  const open = empty.slice(0, empty.lastIndexOf('[]'))
  return steps.length === 0 ? `${empty}\n` : `${open}[\n${lines}\n ]\n}\n`
}
