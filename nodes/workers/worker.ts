/**
 * A worker: registers, does what it is given, one task after the other, and records what came of it.
 *
 * A task may be done more than once: its worker died before it could say that it was done, or only lost its session. What
 * can be had is that it *counts* once, if one single request both records the result and shows that it is recorded.
 */
import type { Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { CoordinationSession, Result } from 'orrery-sim/nodes/coordination'
import type { Servers, SessionEvents } from 'orrery-sim/nodes/recipes'
import {
  Change,
  ensurePath,
  joinGroup,
  openSession,
  persist,
  remove,
  sessionHandlers,
} from 'orrery-sim/nodes/recipes'
import type { Recording } from './tree.ts'
import { ASSIGN, STATUS, TOTAL, WORKERS } from './tree.ts'

export interface WorkerConfig {
  readonly servers: Servers
  readonly sessionTimeout: Duration
  readonly recording: Recording
  /** Mean time that a task takes, in ms (exponential). */
  readonly work: number
}

type Worker = Node<SessionEvents, unknown, WorkerConfig>

/** Counts `tasks executed`. */
export const worker = defineNode<SessionEvents, WorkerConfig>()({
  kind: 'worker',
  on: { ...sessionHandlers },
  start: takePart,
})

async function takePart(node: Worker): Promise<void> {
  const { servers, sessionTimeout } = node.config
  const session = await openSession(node, servers, {
    sessionTimeout,
    onState: (state) => (state === 'Expired' ? takePart(node) : undefined),
  })
  const own = `${ASSIGN}/${node.name}`
  const prepared = await ensurePath(node, session, own)
  if (!prepared.ok) return
  const joined = await joinGroup(node, session, WORKERS, node.name)
  if (!joined.ok) return
  for (;;) {
    const change = new Change()
    const given = await persist(node, () => session.getChildren(own, change.watcher))
    if (!given.ok) return
    for (const task of [...given.value.children].sort()) {
      if (!(await perform(node, session, task)).ok) return
    }
    if (given.value.children.length === 0 && !(await change.happens(node, session))) return
  }
}

async function perform(node: Worker, session: CoordinationSession, task: string): Promise<Result<undefined>> {
  const given = `${ASSIGN}/${node.name}/${task}`
  const read = await persist(node, () => session.getData(given))
  // The master thought that we were gone and took it back.
  if (!read.ok) return read.reason === 'NoNode' ? done : read
  await node.sleep(node.random.exponential(node.config.work))
  node.metrics.count('tasks executed')
  const recorded = await record(node, session, task, Number(read.value.data))
  return recorded.ok ? remove(node, session, given) : recorded
}

async function record(
  node: Worker,
  session: CoordinationSession,
  task: string,
  amount: number,
): Promise<Result<undefined>> {
  switch (node.config.recording) {
    case 'add': {
      const added = await add(node, session, amount)
      return added.ok ? finish(node, session, task, amount) : added
    }
    case 'create-once':
      return finish(node, session, task, amount)
  }
}

/** The result, once: that it is there already, from us or from another worker, is as good. */
async function finish(
  node: Worker,
  session: CoordinationSession,
  task: string,
  amount: number,
): Promise<Result<undefined>> {
  const created = await persist(node, () => session.create(`${STATUS}/${task}`, String(amount)))
  return created.ok || created.reason === 'NodeExists' ? done : created
}

/** Adds to the total, on condition that nobody else has meanwhile; after a lost connection perhaps twice. */
async function add(node: Worker, session: CoordinationSession, amount: number): Promise<Result<undefined>> {
  for (;;) {
    const read = await persist(node, () => session.getData(TOTAL))
    if (!read.ok) {
      if (read.reason !== 'NoNode') return read
      const made = await persist(node, () => session.create(TOTAL, '0'))
      if (!made.ok && made.reason !== 'NodeExists') return made
      continue
    }
    const { data, stat } = read.value
    const changed = await persist(node, () =>
      session.setData(TOTAL, String(Number(data) + amount), stat.version),
    )
    if (changed.ok) return done
    if (changed.reason !== 'BadVersion') return changed
  }
}

const done: Result<undefined> = { ok: true, value: undefined }
