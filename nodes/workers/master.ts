/**
 * The master: gives waiting tasks to the workers that are there, and takes back what was given to one that is not there
 * any more. All that it knows is in the tree, so that another master can go on where it stopped, at any step.
 *
 * Every step can be done twice: what is created may exist, what is deleted may be gone. A master that was deposed without
 * knowing it does no harm: its requests go through a session that is over, and the service refuses them.
 *
 * Source: F. Junqueira, B. Reed, "ZooKeeper: Distributed Process Coordination" (2013), chapters 2 to 4. There the master is
 * whoever creates `/master`; here it is elected by recipe. Left out: the removal of old results.
 */
import type { Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { CoordinationSession, Result } from 'orrery-sim/nodes/coordination'
import type { Servers } from 'orrery-sim/nodes/recipes'
import { Change, ensurePath, leaderLatch, persist, remove } from 'orrery-sim/nodes/recipes'
import { ASSIGN, MASTERS, STATUS, TASKS, WORKERS } from './tree.ts'

export interface MasterConfig {
  readonly servers: Servers
  readonly sessionTimeout: Duration
}

interface MasterState {
  /** The znode that made it the leader. */
  leads: string | undefined
}

/** Counts `tasks assigned` and `tasks taken back`. */
export const master = defineNode<object, MasterConfig>()({
  kind: 'master',
  state: (): MasterState => ({ leads: undefined }),
  async start(node) {
    const { servers, sessionTimeout } = node.config
    await leaderLatch(node, servers, {
      directory: MASTERS,
      sessionTimeout,
      isLeader({ path }, session) {
        node.role('leader')
        if (node.state.leads === path) return
        node.state.leads = path
        // Beside the session's callbacks, and for as long as the session lives: every request proves that it does.
        node.after(0, () => lead(node, session))
      },
      isFollower: () => node.role('follower'),
      isLooking: () => node.role('looking'),
    })
  },
})

async function lead(node: Node, session: CoordinationSession): Promise<void> {
  for (const path of [WORKERS, TASKS, ASSIGN, STATUS]) {
    const made = await ensurePath(node, session, path)
    if (!made.ok) return
  }
  for (;;) {
    const change = new Change()
    const workers = await list(node, session, WORKERS, change)
    const waiting = await list(node, session, TASKS, change)
    const assigned = await assignments(node, session)
    if (!workers.ok || !waiting.ok || !assigned.ok) return
    const tasks = new Set(waiting.value)
    for (const worker of [...assigned.value.keys()].filter((name) => !workers.value.includes(name))) {
      const lost = assigned.value.get(worker) ?? []
      assigned.value.delete(worker)
      for (const task of lost) {
        if (!(await takeBack(node, session, worker, task)).ok) return
        tasks.add(task)
      }
    }
    for (const worker of workers.value) if (!assigned.value.has(worker)) assigned.value.set(worker, [])
    for (const task of [...tasks].sort()) {
      if (assigned.value.size === 0) break
      if (!(await assign(node, session, task, assigned.value)).ok) return
    }
    if (!(await change.happens(node, session))) return
  }
}

/** Gives a task to the worker that has the fewest. */
async function assign(
  node: Node,
  session: CoordinationSession,
  task: string,
  assigned: ReadonlyMap<string, string[]>,
): Promise<Result<undefined>> {
  const read = await persist(node, () => session.getData(`${TASKS}/${task}`))
  if (!read.ok) return read.reason === 'NoNode' ? done : read
  const finished = await persist(node, () => session.exists(`${STATUS}/${task}`))
  if (!finished.ok) return finished
  // It was done already, or given away by a master that died before it could take it off the list.
  const isTaken = finished.value !== undefined || [...assigned.values()].some((names) => names.includes(task))
  if (!isTaken) {
    const [worker, names] = [...assigned].reduce((best, each) =>
      each[1].length < best[1].length ? each : best,
    )
    const given = await persist(node, () => session.create(`${ASSIGN}/${worker}/${task}`, read.value.data))
    if (!given.ok && given.reason !== 'NodeExists') return given.reason === 'NoNode' ? done : given
    names.push(task)
    node.metrics.count('tasks assigned')
  }
  return remove(node, session, `${TASKS}/${task}`)
}

/** Puts a task of a worker that has gone back on the list. */
async function takeBack(
  node: Node,
  session: CoordinationSession,
  worker: string,
  task: string,
): Promise<Result<undefined>> {
  const given = `${ASSIGN}/${worker}/${task}`
  const read = await persist(node, () => session.getData(given))
  if (!read.ok) return read.reason === 'NoNode' ? done : read
  const waits = await persist(node, () => session.create(`${TASKS}/${task}`, read.value.data))
  if (!waits.ok && waits.reason !== 'NodeExists') return waits
  node.metrics.count('tasks taken back')
  return remove(node, session, given)
}

/** What each worker has been given, by worker; those that have gone included. */
async function assignments(node: Node, session: CoordinationSession): Promise<Result<Map<string, string[]>>> {
  const byWorker = new Map<string, string[]>()
  const workers = await list(node, session, ASSIGN)
  if (!workers.ok) return workers
  for (const worker of workers.value) {
    const tasks = await list(node, session, `${ASSIGN}/${worker}`)
    if (!tasks.ok) return tasks
    byWorker.set(worker, tasks.value)
  }
  return { ok: true, value: byWorker }
}

async function list(
  node: Node,
  session: CoordinationSession,
  path: string,
  change?: Change,
): Promise<Result<string[]>> {
  const listed = await persist(node, () => session.getChildren(path, change?.watcher))
  return listed.ok ? { ok: true, value: [...listed.value.children].sort() } : listed
}

const done: Result<undefined> = { ok: true, value: undefined }
