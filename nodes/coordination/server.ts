/**
 * A coordination service on one server, after a standalone ZooKeeper 3.8: one pipeline takes all requests in their
 * order of arrival, performs them, makes what they changed durable (one sync for all that waited), and only then sends
 * watch events and replies. So nobody ever sees what a crash could undo, and each session's requests are answered in
 * order, an event before the reply that shows the change.
 *
 * Source: ZooKeeper Programmer's Guide ("ZooKeeper Sessions", "ZooKeeper Watches", "Consistency Guarantees") and
 * Administrator's Guide (tickTime, minSessionTimeout, maxSessionTimeout). Left out: the ensemble, ACLs, `multi`,
 * snapshots; reads wait behind a batch that is being synced, where the real server lets them overtake.
 */
import type { Address, Duration, Node } from 'orrery-sim'
import { defineNode, isTorn } from 'orrery-sim'

import type { Connection } from './connection.ts'
import { acknowledge, addEvent, addReply, newConnection, replyTo } from './connection.ts'
import type { Database, LogEntry, WriteOp } from './database.ts'
import { commit, emptyDatabase, isWrite } from './database.ts'
import type { Expiry } from './expiry.ts'
import { expire, negotiate, noExpiry, touch } from './expiry.ts'
import type { CoordinationEvents, CoordinationServer, OpenReply, SessionKey } from './protocol.ts'
import type { Change, Tree } from './tree.ts'
import { readChildren, readData, readStat } from './tree.ts'
import type { Op, Result, ServerError } from './types.ts'
import type { Notification, Watches } from './watches.ts'
import { dropWatches, fireWatches, leaveWatch, noWatches } from './watches.ts'

export interface CoordinationConfig {
  /** Granularity of expiry in milliseconds; session timeouts are between 2 and 20 ticks. Default 2000. */
  readonly tick?: number
  /** CPU time for each request, ping and connection. Default 0. */
  readonly requestCost?: Duration
  /** CPU time for each watch event sent. Default 0. */
  readonly notificationCost?: Duration
  /** Default 1. */
  readonly cores?: number
}

/** What waits for the pipeline. */
type Item =
  | { readonly type: 'call'; readonly connection: Connection; readonly sequence: number; readonly op: Op }
  | {
      readonly type: 'open'
      readonly connection: number
      readonly client: Address<CoordinationEvents>
      readonly session: SessionKey | undefined
      readonly timeout: number
      reply: OpenReply | undefined
    }
  | { readonly type: 'expire'; readonly session: number }

export interface CoordinationState {
  readonly database: Database
  readonly connections: Map<number, Connection>
  /** The connection of each session that has one. */
  readonly attached: Map<number, number>
  readonly watches: Watches
  readonly expiry: Expiry
  queue: Item[]
}

type ServerNode = Node<CoordinationServer, CoordinationState, CoordinationConfig>

/** What the pipeline sends once an item is durable. */
interface Output {
  readonly notifications: readonly Notification[]
  finish(): void
}

const LOG = 'log'

/** The server: `addOne(coordinationServer, { tick: 2000 })`. */
export const coordinationServer = defineNode<CoordinationServer, CoordinationConfig>()({
  kind: 'coordination',
  state: ({ tick = 2000 }): CoordinationState => ({
    database: emptyDatabase(),
    connections: new Map(),
    attached: new Map(),
    watches: noWatches(),
    expiry: noExpiry(tick),
    queue: [],
  }),
  cpu: ({ cores = 1, requestCost = 0 }) => ({ cores, cost: requestCost }),
  disk: { latency: { sync: '1ms' } },

  async recover(node) {
    const log = await node.disk.read<LogEntry>(LOG)
    // Half an entry can only be the last one written when the power failed: nobody was told that it was done.
    const torn = log.findIndex(isTorn)
    for (const entry of torn < 0 ? log : log.slice(0, torn)) commit(node.state.database, entry)
    if (torn < 0) return
    await node.disk.truncate(LOG, torn)
    await node.disk.sync(LOG)
  },

  async start(node) {
    const { state } = node
    // Nobody is to blame for the time the server was away: every session has its full timeout again.
    for (const id of state.database.sessions.keys()) hear(node, id)
    node.every(state.expiry.tick, () => {
      for (const session of expire(state.expiry, node.clock.monotonic()))
        state.queue.push({ type: 'expire', session })
    })
    for (;;) {
      await node.until(() => state.queue.length > 0)
      await performBatch(node, state.queue.splice(0))
    }
  },

  on: {
    async coordinationOpen(node, { connection, session, timeout }, from) {
      const client = from as Address as Address<CoordinationEvents>
      const item: Item = { type: 'open', connection, client, session, timeout, reply: undefined }
      node.state.queue.push(item)
      await node.until(() => item.reply !== undefined)
      return item.reply ?? { type: 'expired' }
    },

    async coordinationCall(node, { connection: id, sequence, seen, op }) {
      const connection = node.state.connections.get(id)
      if (connection === undefined) return { type: 'closed' }
      hear(node, connection.session)
      acknowledge(connection, seen)
      // An earlier call of this client is still on its way: its calls are taken in order.
      if (sequence > connection.taken + 1)
        await node.until(() => connection.taken + 1 >= sequence || connection.closed)
      if (sequence === connection.taken + 1 && !connection.closed) {
        connection.taken = sequence
        node.metrics.count('coordination requests')
        node.state.queue.push({ type: 'call', connection, sequence, op })
      }
      await node.until(() => replyTo(connection, sequence) !== undefined)
      return replyTo(connection, sequence) ?? { type: 'closed' }
    },

    coordinationPing(node, { connection: id, seen }) {
      const connection = node.state.connections.get(id)
      if (connection === undefined) return { type: 'closed' }
      hear(node, connection.session)
      acknowledge(connection, seen)
      node.metrics.count('coordination pings')
      return { type: 'pong', events: connection.events }
    },
  },
})

function hear(node: ServerNode, session: number): void {
  const { database, expiry } = node.state
  const timeout = database.sessions.get(session)?.timeout
  if (timeout !== undefined) touch(expiry, session, node.clock.monotonic(), timeout)
}

async function performBatch(node: ServerNode, batch: readonly Item[]): Promise<void> {
  const outputs: Output[] = []
  let durable = true
  const log = async (session: number, op: LogEntry['op']): Promise<ReturnType<typeof commit>> => {
    const { database } = node.state
    const zxid = database.zxid + 1
    const entry: LogEntry = { zxid, session: session === 0 ? zxid : session, time: node.clock.wall(), op }
    await node.disk.append(LOG, entry)
    durable = false
    return commit(database, entry)
  }
  for (const item of batch) outputs.push(await perform(node, item, log))
  if (!durable) await node.disk.sync(LOG)
  for (const output of outputs) {
    await notify(node, output.notifications)
    output.finish()
  }
}

type Logger = (session: number, op: LogEntry['op']) => Promise<ReturnType<typeof commit>>

async function perform(node: ServerNode, item: Item, log: Logger): Promise<Output> {
  switch (item.type) {
    case 'open': {
      const reply = await open(node, item, log)
      return {
        notifications: [],
        finish() {
          item.reply = reply
        },
      }
    }
    case 'expire': {
      node.metrics.count('sessions expired')
      const notifications = await closeSession(node, item.session, log)
      return { notifications, finish: () => detach(node, item.session) }
    }
    case 'call': {
      const { connection, sequence, op } = item
      const { result, notifications } = isWrite(op)
        ? await write(node, connection, op, log)
        : read(node, connection, op)
      const { zxid } = node.state.database
      return {
        notifications,
        finish() {
          addReply(connection, sequence, result, zxid)
          // The answer that a session is closed is the last thing on its connection.
          if (op.type === 'closeSession') detach(node, connection.session)
        },
      }
    }
  }
}

async function open(
  node: ServerNode,
  item: Extract<Item, { type: 'open' }>,
  log: Logger,
): Promise<OpenReply> {
  const { database, connections, attached, expiry } = node.state
  const { connection: id, client, session } = item
  // A client that did not hear the answer asks again, under the same number.
  const known = connections.get(id)
  if (known !== undefined) return known.opened
  let key = session
  if (key === undefined) {
    const timeout = negotiate(item.timeout, expiry.tick)
    const password = node.random.int(4294967296)
    await log(0, { type: 'createSession', password, timeout })
    key = { id: database.zxid, password }
  }
  const held = database.sessions.get(key.id)
  if (held?.password !== key.password) return { type: 'expired' }
  detach(node, key.id)
  const opened: OpenReply = { type: 'opened', session: key, timeout: held.timeout, zxid: database.zxid }
  connections.set(id, newConnection(id, key.id, client, opened))
  attached.set(key.id, id)
  hear(node, key.id)
  return opened
}

/** A session's connection, if it has one, is over; its watches live with the client, who will set them again. */
function detach(node: ServerNode, session: number): void {
  const { connections, attached, watches } = node.state
  const id = attached.get(session)
  if (id === undefined) return
  attached.delete(session)
  dropWatches(watches, id)
  const connection = connections.get(id)
  if (connection !== undefined) connection.closed = true
  connections.delete(id)
}

async function closeSession(
  node: ServerNode,
  session: number,
  log: Logger,
): Promise<readonly Notification[]> {
  node.state.expiry.due.delete(session)
  const { changes } = await log(session, { type: 'closeSession' })
  return fire(node, changes)
}

interface Performed {
  readonly result: Result<unknown, ServerError>
  readonly notifications: readonly Notification[]
}

async function write(
  node: ServerNode,
  { session }: Connection,
  op: WriteOp,
  log: Logger,
): Promise<Performed> {
  if (op.type === 'closeSession') {
    return { notifications: await closeSession(node, session, log), result: { ok: true, value: undefined } }
  }
  const { result, changes } = await log(session, op)
  return { result, notifications: fire(node, changes) }
}

function read(node: ServerNode, connection: Connection, op: Exclude<Op, WriteOp>): Performed {
  const { database, watches } = node.state
  const { tree, sessions } = database
  const { id } = connection
  if (!sessions.has(connection.session) || connection.closed) return failed('SessionExpired')
  switch (op.type) {
    case 'exists': {
      const result = readStat(tree, op.path)
      // The one read whose watch stays when there is no such znode: it waits for it to be created.
      if (op.watch && (result.ok || result.reason === 'NoNode')) leaveWatch(watches.data, op.path, id)
      return { result, notifications: [] }
    }
    case 'getData': {
      const result = readData(tree, op.path)
      if (op.watch && result.ok) leaveWatch(watches.data, op.path, id)
      return { result, notifications: [] }
    }
    case 'getChildren': {
      const result = readChildren(tree, op.path)
      if (op.watch && result.ok) leaveWatch(watches.child, op.path, id)
      return { result, notifications: [] }
    }
    case 'setWatches':
      return { result: { ok: true, value: undefined }, notifications: setWatches(tree, watches, id, op) }
  }
}

/** Sets a reconnected client's watches again; those that were missed meanwhile fire now. */
function setWatches(
  tree: Tree,
  watches: Watches,
  connection: number,
  { zxid, data, exist, child }: Extract<Op, { type: 'setWatches' }>,
): readonly Notification[] {
  const out: Notification[] = []
  for (const path of data) {
    const znode = tree.nodes.get(path)
    if (znode === undefined) out.push({ connection, event: { type: 'NodeDeleted', path } })
    else if (znode.mzxid > zxid) out.push({ connection, event: { type: 'NodeDataChanged', path } })
    else leaveWatch(watches.data, path, connection)
  }
  for (const path of exist) {
    if (tree.nodes.has(path)) out.push({ connection, event: { type: 'NodeCreated', path } })
    else leaveWatch(watches.data, path, connection)
  }
  for (const path of child) {
    const znode = tree.nodes.get(path)
    if (znode === undefined) out.push({ connection, event: { type: 'NodeDeleted', path } })
    else if (znode.pzxid > zxid) out.push({ connection, event: { type: 'NodeChildrenChanged', path } })
    else leaveWatch(watches.child, path, connection)
  }
  return out
}

function fire(node: ServerNode, changes: readonly Change[]): readonly Notification[] {
  const out: Notification[] = []
  for (const change of changes) {
    const fired = fireWatches(node.state.watches, change)
    if (fired.length > 0) node.metrics.sample('notifications per change', fired.length)
    out.push(...fired)
  }
  return out
}

/** Sends watch events; one that is lost comes again with the next reply or ping. */
async function notify(node: ServerNode, notifications: readonly Notification[]): Promise<void> {
  const { notificationCost = 0 } = node.config
  for (const { connection: id, event } of notifications) {
    if (notificationCost !== 0) await node.work(notificationCost)
    const connection = node.state.connections.get(id)
    if (connection === undefined) continue
    node.metrics.count('coordination notifications')
    node.send(connection.client, 'coordinationEvent', { connection: id, frame: addEvent(connection, event) })
  }
}

function failed(reason: ServerError): Performed {
  return { result: { ok: false, reason }, notifications: [] }
}
