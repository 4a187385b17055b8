/**
 * A worker: registers, does what it is given, one task after the other, and records what came of it.
 *
 * A task may be done more than once: its worker died before it could say that it was done, or only lost its session. What
 * can be had is that it *counts* once, if one single request both records the result and shows that it is recorded.
 */
import type { Duration, Node } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { CoordinationSession, Result } from 'orrery-sim/nodes/coordination'
import { connect } from 'orrery-sim/nodes/coordination'
import type { Servers } from 'orrery-sim/nodes/recipes'
import { Change, ensurePath, joinGroup, persist, remove } from 'orrery-sim/nodes/recipes'
import type { Recording } from './tree.ts'
import { ASSIGN, STATUS, TOTAL, WORKERS } from './tree.ts'

export interface WorkerConfig {
  readonly servers: Servers
  readonly sessionTimeout: Duration
  readonly recording: Recording
  /** Mean time that a task takes, in ms (exponential). */
  readonly work: number
}

type Worker = Node<object, unknown, WorkerConfig>

/** Counts `tasks executed`. */
export const worker = defineNode<object, WorkerConfig>()({
  kind: 'worker',
  start: takePart,
})

async function takePart(node: Worker): Promise<void> {
  const { servers, sessionTimeout } = node.config
  const session = await connect(node, servers, {
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
  // With `multi` it may be off the list by now.
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
    case 'multi':
      return addAndFinish(node, session, task, amount)
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
    const before = await total(node, session)
    if (!before.ok) return before
    const { sum, version } = before.value
    const changed = await persist(node, () => session.setData(TOTAL, String(sum + amount), version))
    if (changed.ok) return done
    if (changed.reason !== 'BadVersion') return changed
  }
}

/** All of it or nothing. That the result is there already shows that this was done before, with all that belongs to it. */
async function addAndFinish(
  node: Worker,
  session: CoordinationSession,
  task: string,
  amount: number,
): Promise<Result<undefined>> {
  for (;;) {
    const before = await total(node, session)
    if (!before.ok) return before
    const { sum, version } = before.value
    const outcome = await persist<unknown>(node, () =>
      session.multi([
        { type: 'create', path: `${STATUS}/${task}`, data: String(amount), mode: 'persistent' },
        { type: 'setData', path: TOTAL, data: String(sum + amount), version },
        { type: 'delete', path: `${ASSIGN}/${node.name}/${task}`, version: -1 },
      ]),
    )
    // NoNode: the master has taken the task back, so that another worker does it.
    if (outcome.ok || outcome.reason === 'NodeExists' || outcome.reason === 'NoNode') return done
    if (outcome.reason !== 'BadVersion') return outcome
  }
}

/** The total so far, and the version on condition of which it may be changed. */
async function total(
  node: Worker,
  session: CoordinationSession,
): Promise<Result<{ readonly sum: number; readonly version: number }>> {
  for (;;) {
    const read = await persist(node, () => session.getData(TOTAL))
    if (read.ok)
      return { ok: true, value: { sum: Number(read.value.data), version: read.value.stat.version } }
    if (read.reason !== 'NoNode') return read
    const made = await persist(node, () => session.create(TOTAL, '0'))
    if (!made.ok && made.reason !== 'NodeExists') return made
  }
}

const done: Result<undefined> = { ok: true, value: undefined }
