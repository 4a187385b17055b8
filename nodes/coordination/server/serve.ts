/**
 * Reading what clients send: the first frame of a connection is a ConnectRequest, the others are requests. Each costs CPU
 * time before it is taken.
 */
import type { Duration, Node, StreamConnection } from 'orrery-sim'
import { milliseconds } from 'orrery-sim'

import type { ClientFrames, ConnectRequest } from '../wire.ts'
import { framesOf } from '../wire.ts'
import type { RequestPipeline } from './pipeline.ts'

/** Serves a client until its connection ends; `first` is its first frame. */
export async function serveClient(
  node: Node,
  pipeline: RequestPipeline,
  stream: StreamConnection,
  first: ConnectRequest,
  requestCost: Duration = 0,
): Promise<void> {
  const cost = milliseconds(requestCost)
  const connection = pipeline.open(stream)
  if (cost > 0) await node.work(cost)
  pipeline.connect(connection, first)
  pipeline.flush()
  // What a client sends before it has its answer stays in the socket until then.
  await node.until(() => connection.established || connection.closed)
  for (;;) {
    const arrived = await stream.receive<ClientFrames>()
    if (!arrived.ok || arrived.value === undefined) break
    const frames = framesOf(arrived.value)
    if (cost > 0) await node.work(cost * frames.length)
    for (const frame of frames) pipeline.receive(connection, frame)
    pipeline.flush()
  }
  if (!connection.closed) pipeline.lost(connection)
  stream.end()
}

/** A ConnectRequest, if the first frame of a connection is one; peers begin with something else. */
export function asConnectRequest(frame: unknown): ConnectRequest | undefined {
  return typeof frame === 'object' && frame !== null && 'lastZxidSeen' in frame
    ? (frame as ConnectRequest)
    : undefined
}
