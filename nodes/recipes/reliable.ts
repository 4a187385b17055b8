/**
 * Operations through a connection that may be lost at any moment. After `ConnectionLoss` nobody knows whether the
 * operation took effect, so repeating it is right only if doing it twice is the same as doing it once. It is for reads,
 * for creating what may exist already and for deleting what may be gone; it is not for a sequential create, which would
 * leave a second znode that nobody knows to be its own: a lock that is never released. So the name gets a unique id, by
 * which the znode is found again.
 *
 * Source: ZooKeeper Recipes and Solutions, "Recoverable Errors and the GUID"; Apache Curator, `withProtection()` and the
 * tech notes 1 ("nodes created but not known") and 3 ("session expiration").
 * Left out: a limit of attempts. A recipe ends when it is done or when the session is over.
 */
import type { Node } from 'orrery-sim'
import type { CoordinationSession, Result } from 'orrery-sim/nodes/coordination'

/** Pause between attempts, in milliseconds: about as long as a reconnection takes. */
const PAUSE = 100

/** Repeats while the connection is lost. Only for what may be done twice. */
export async function persist<T>(node: Node, attempt: () => Promise<Result<T>>): Promise<Result<T>> {
  for (;;) {
    const result = await attempt()
    if (result.ok || result.reason !== 'ConnectionLoss') return result
    await node.sleep(PAUSE)
  }
}

/** Makes sure that a persistent znode and its ancestors exist. */
export async function ensurePath(
  node: Node,
  session: CoordinationSession,
  path: string,
): Promise<Result<undefined>> {
  for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
    const ancestor = end < 0 ? path : path.slice(0, end)
    const made = await persist(node, () => session.create(ancestor))
    if (!made.ok && made.reason !== 'NodeExists') return made
    if (end < 0) return done
  }
}

/** Deletes a znode of one's own: that it is gone already is as good. */
export async function remove(
  node: Node,
  session: CoordinationSession,
  path: string,
): Promise<Result<undefined>> {
  const deleted = await persist(node, () => session.delete(path))
  return deleted.ok || deleted.reason === 'NoNode' ? done : deleted
}

/**
 * Creates `<directory>/<id>-<label>-<number>` exactly once, whatever happens to the connection, and gives its name. The
 * directory is created if there is none.
 */
export async function createSequential(
  node: Node,
  session: CoordinationSession,
  directory: string,
  label: string,
  { data = '', mode = 'ephemeral_sequential' }: SequentialOptions = {},
): Promise<Result<string>> {
  const id = uniqueId(node)
  for (;;) {
    const created = await session.create(`${directory}/${id}-${label}-`, data, mode)
    if (created.ok) return { ok: true, value: nameOf(created.value.path) }
    if (created.reason === 'NoNode') {
      const parent = await ensurePath(node, session, directory)
      if (!parent.ok) return parent
    } else if (created.reason === 'ConnectionLoss') {
      // The next server may be behind the one that took the request.
      const synced = await persist(node, () => session.sync(directory))
      if (!synced.ok) return synced
      const listed = await persist(node, () => session.getChildren(directory))
      if (!listed.ok && listed.reason !== 'NoNode') return listed
      const found = listed.ok ? listed.value.children.find((name) => name.startsWith(id)) : undefined
      if (found !== undefined) return { ok: true, value: found }
    } else return created
  }
}

interface SequentialOptions {
  readonly data?: string
  readonly mode?: 'ephemeral_sequential' | 'persistent_sequential'
}

/** The number that the service gave to a sequential znode: its last ten digits. */
export function sequenceOf(name: string): number {
  return Number(name.slice(-10))
}

/** Names of sequential znodes in the order in which they were created; ids come first in a name, so text order is not it. */
export function bySequence(names: readonly string[]): string[] {
  return [...names].sort((a, b) => sequenceOf(a) - sequenceOf(b))
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** 64 random bits: a name that nobody else has. */
export function uniqueId(node: Node): string {
  const word = (): string => node.random.int(4_294_967_296).toString(16).padStart(8, '0')
  return word() + word()
}

const done: Result<undefined> = { ok: true, value: undefined }
