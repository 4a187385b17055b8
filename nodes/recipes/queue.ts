/**
 * A queue: producers leave sequential znodes, consumers take the lowest.
 *
 * `take` removes an item before it is worked on: nobody else gets it, and it is lost with a consumer that dies. `consume`
 * claims it first, with an ephemeral znode, works, and removes it then: an item whose consumer dies comes back, so it is
 * worked on at least once, perhaps twice.
 *
 * Source: ZooKeeper Recipes and Solutions, "Queues"; Curator's DistributedQueue, whose lock path is the claim here. Mind
 * Curator's tech note 4: a queue of many items is not what ZooKeeper is good at, since every consumer reads all names.
 */
import type { Node } from 'orrery-sim'
import type { CoordinationSession, Result } from 'orrery-sim/nodes/coordination'
import { Change, sessionOver } from './change.ts'
import { bySequence, createSequential, ensurePath, persist, remove, uniqueId } from './reliable.ts'

export interface Item {
  /** Unique, and in the order of the queue. */
  readonly name: string
  readonly data: string
}

const CLAIMS = '-claims'

/**
 * Adds an item at the end: once, unless the connection is lost with the answer and a consumer takes the item before it is
 * looked for. Then nothing shows that it was there, and it is put again.
 */
export function put(
  node: Node,
  session: CoordinationSession,
  queue: string,
  data: string,
): Promise<Result<string>> {
  return createSequential(node, session, queue, 'item', { data, mode: 'persistent_sequential' })
}

/**
 * Waits for an item and takes it out: at most one consumer gets it. If the connection is lost while it is being taken,
 * it may be gone without anybody having it.
 */
export async function take(node: Node, session: CoordinationSession, queue: string): Promise<Result<Item>> {
  for (;;) {
    const change = new Change()
    const listed = await list(node, session, queue, change)
    if (!listed.ok) return listed
    for (const name of listed.value) {
      const read = await persist(node, () => session.getData(`${queue}/${name}`))
      if (!read.ok && read.reason !== 'NoNode') return read
      const deleted = await session.delete(`${queue}/${name}`)
      if (deleted.ok && read.ok) return { ok: true, value: { name, data: read.value.data ?? '' } }
      if (!deleted.ok && deleted.reason !== 'NoNode' && deleted.reason !== 'ConnectionLoss') return deleted
    }
    if (listed.value.length === 0 && !(await change.happens(node, session))) return sessionOver
  }
}

/** Waits for an item, claims it, works on it and removes it. Items of consumers that died come back. */
export async function consume(
  node: Node,
  session: CoordinationSession,
  queue: string,
  work: (item: Item) => Promise<void>,
): Promise<Result<Item>> {
  const claims = await ensurePath(node, session, queue + CLAIMS)
  if (!claims.ok) return claims
  for (;;) {
    const added = new Change()
    const listed = await list(node, session, queue, added)
    if (!listed.ok) return listed
    const freed = new Change()
    const claimed = await persist(node, () => session.getChildren(queue + CLAIMS, freed.watcher))
    if (!claimed.ok) return claimed
    const taken = new Set(claimed.value.children)
    for (const name of listed.value.filter((each) => !taken.has(each))) {
      const result = await consumeOne(node, session, queue, name, work)
      if (!result.ok) return result
      if (result.value !== undefined) return { ok: true, value: result.value }
    }
    if (!(await Change.anyHappens(node, session, [added, freed]))) return sessionOver
  }
}

/** Undefined if somebody else has it. */
async function consumeOne(
  node: Node,
  session: CoordinationSession,
  queue: string,
  name: string,
  work: (item: Item) => Promise<void>,
): Promise<Result<Item | undefined>> {
  const claim = `${queue}${CLAIMS}/${name}`
  const claimed = await claimFor(node, session, claim)
  if (!claimed.ok || !claimed.value) return claimed.ok ? nobody : claimed
  // Its last consumer may have removed it and then given up the claim that we have now.
  const read = await persist(node, () => session.getData(`${queue}/${name}`))
  if (!read.ok && read.reason !== 'NoNode') return read
  const item = read.ok ? { name, data: read.value.data ?? '' } : undefined
  if (item !== undefined) {
    await work(item)
    const removed = await remove(node, session, `${queue}/${name}`)
    if (!removed.ok) return removed
  }
  const unclaimed = await remove(node, session, claim)
  return unclaimed.ok ? { ok: true, value: item } : unclaimed
}

/**
 * Whether the claim is this consumer's: after a lost connection, a claim that exists may be our own. Its data tell, since
 * several consumers may share a session.
 */
async function claimFor(node: Node, session: CoordinationSession, claim: string): Promise<Result<boolean>> {
  const own = uniqueId(node)
  const created = await persist(node, () => session.create(claim, own, 'ephemeral'))
  if (created.ok) return { ok: true, value: true }
  if (created.reason !== 'NodeExists') return created
  const held = await persist(node, () => session.getData(claim))
  if (!held.ok) return held.reason === 'NoNode' ? { ok: true, value: false } : held
  return { ok: true, value: held.value.data === own }
}

async function list(
  node: Node,
  session: CoordinationSession,
  queue: string,
  change: Change,
): Promise<Result<string[]>> {
  for (;;) {
    const listed = await persist(node, () => session.getChildren(queue, change.watcher))
    if (listed.ok) return { ok: true, value: bySequence(listed.value.children) }
    if (listed.reason !== 'NoNode') return listed
    const made = await ensurePath(node, session, queue)
    if (!made.ok) return made
  }
}

const nobody: Result<undefined> = { ok: true, value: undefined }
