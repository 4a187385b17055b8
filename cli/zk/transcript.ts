/**
 * Transcripts: the steps of a recording of a real ZooKeeper server, performed on a standalone server of a simulation, and
 * what ours answered in the same form, so that the two files can be compared line by line.
 */
import { CallerError, defineNode, scenario, simulate } from '../../index.ts'
import type { Address } from '../../index.ts'
import type { CoordinationServer } from '../../nodes/coordination/index.ts'
import { coordinationServer } from '../../nodes/coordination/index.ts'
import type { Arrival } from './transcript-driver.ts'
import { Driver, STEP_LIMIT } from './transcript-driver.ts'
import type { Naming } from './transcript-format.ts'
import { layOut, resultJson } from './transcript-format.ts'
import type { Json, JsonObject } from './transcript-ops.ts'
import { isObject } from './transcript-ops.ts'
import type { Recording } from './transcript-read.ts'
import { isEndByServer, readRecording } from './transcript-read.ts'
import { isLost, shaped, shapedConnect, shapedError } from './transcript-shape.ts'

/**
 * Performs the steps of a recording (`text`, read from `fileName`) and gives the same JSON with our replies and events in
 * the order of their arrival.
 *
 * @throws CallerError for a recording that cannot be read or a step that cannot be performed, by its index
 */
export async function runTranscript(text: string, fileName: string): Promise<string> {
  const recording = readRecording(text, fileName)
  let driver: Driver | undefined
  let problem: unknown
  const client = defineNode<object, { readonly server: Address<CoordinationServer> }>()({
    kind: 'recorder',
    async start(node) {
      driver = new Driver(node, node.config.server, recording, fileName)
      try {
        await driver.play()
      } catch (error) {
        if (!(error instanceof CallerError)) throw error
        problem = error
      }
    },
  })
  const times = recording.steps.map(({ tMs }) => (typeof tMs === 'number' ? tMs : 0))
  const result = await simulate(
    scenario({
      name: 'transcript',
      summary: 'the steps of a recording',
      cluster({ add, addOne, network }) {
        network({ delay: '100us' })
        const { tick, extendedTypesEnabled } = recording
        const server = addOne(coordinationServer, { tick, extendedTypesEnabled })
        add(client, 1, { server })
      },
      checks: [],
      until: Math.max(0, ...times) + STEP_LIMIT * (times.length + 1),
    }),
  )
  if (problem instanceof CallerError) throw problem
  const [failure] = result.failures
  if (failure !== undefined) throw new Error(JSON.stringify(failure))
  if (driver?.finished !== true)
    throw new CallerError('it cannot be performed', { where: `${fileName}: step ${driver?.at ?? 0}` })
  const { head } = recording
  return layOut(head, stepsOf(recording, driver))
}

/** What arrived, as steps. */
function stepsOf(recording: Recording, driver: Driver): readonly JsonObject[] {
  const naming: Naming = { session: (id) => driver.sessions.get(id), firstWrite: driver.firstWrite }
  const used = new Set<number>()
  return driver.arrivals.map((arrival, i) => {
    const recorded = recordedStep(recording, arrival, used)
    const steps = recording.steps[recorded]
    const at = Math.round(arrival.at)
    switch (arrival.type) {
      case 'done':
        return rewrite(steps, { i, tMs: at })
      case 'reply': {
        const { frame } = arrival
        if (frame === undefined) {
          // How a recording tells of a reply that never came is its own affair.
          if (steps === undefined || isLost(steps)) return rewrite(steps, { ...steps, i, tMs: at })
          const told = steps.result !== undefined || steps.error !== undefined
          return rewrite(steps, told ? { i, error: 'ConnectionLoss', tMs: at } : { i, tMs: at })
        }
        const zxid = frame.zxid - naming.firstWrite
        return frame.error === undefined
          ? rewrite(steps, {
              i,
              result: shaped(resultJson(frame.result, naming), steps?.result),
              zxid,
              tMs: at,
            })
          : rewrite(steps, { i, error: shapedError(frame.error, steps?.error), zxid, tMs: at })
      }
      case 'connected': {
        const { response } = arrival
        const session = response === undefined ? null : (naming.session(response.session) ?? null)
        const welcome = { timeout: response?.timeout ?? 0, session, closed: response === undefined }
        return rewrite(shapedConnect(steps ?? {}, welcome), { i, tMs: at })
      }
      case 'event': {
        const { zxid, event: own } = arrival.frame
        const event = shaped({ type: own.type, path: own.path, state: own.state }, steps?.event)
        const step = { i, session: arrival.connection, ...steps, event }
        return rewrite(step, steps?.zxid === undefined ? { i, tMs: at } : { i, zxid, tMs: at })
      }
      case 'closed':
        return rewrite(
          { i, session: arrival.connection, connection: 'closed by the server', ...steps },
          { i, tMs: at },
        )
    }
  })
}

/** The step of the recording that an arrival stands for; -1 if there is none. */
function recordedStep({ steps }: Recording, arrival: Arrival, used: Set<number>): number {
  if ('step' in arrival) return arrival.step
  const index = steps.findIndex((step, at) => {
    if (used.has(at) || step.session !== arrival.connection) return false
    if (arrival.type === 'closed') return isEndByServer(step)
    const event = isObject(step.event) ? step.event : undefined
    return event?.type === arrival.frame.event.type && event.path === arrival.frame.event.path
  })
  if (index >= 0) used.add(index)
  return index
}

type Outcome = Readonly<Record<string, Json>>

/** A recorded step with our outcome in the places of the recorded one. */
function rewrite(step: JsonObject | undefined, outcome: Outcome): JsonObject {
  const out: Record<string, Json> = {}
  if (step?.i === undefined) out.i = outcome.i ?? null
  const put = (key: string): void => {
    if (outcome[key] !== undefined) out[key] = outcome[key]
  }
  for (const [key, value] of Object.entries(step ?? {})) {
    if ((key === 'result' || key === 'error') && step?.op !== undefined) {
      put('result')
      put('error')
    } else if (key === 'i' || key === 'zxid' || key === 'tMs') put(key)
    else out[key] = value
  }
  // What the recorded step does not have at all, but for the time.
  for (const key of ['result', 'error', 'zxid']) if (out[key] === undefined) put(key)
  return out
}
