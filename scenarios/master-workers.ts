/**
 * Clients submit tasks, a master gives them to workers, workers do them and record the results: all through znodes. Workers
 * crash, some for so long that their sessions expire; one is paused; the master crashes too.
 *
 * What should happen: every task is done at least once, whoever dies. Some are done twice, and with recording=add some of
 * these count twice; with create-once each counts once.
 */
import type { Plan } from 'orrery-sim'
import { choice, duration, integer, milliseconds, number, scenario, uniform } from 'orrery-sim'
import { coordinationServer } from 'orrery-sim/nodes/coordination'
import { client, everyTaskCountsOnce, everyTaskDone, master, worker } from 'orrery-sim/nodes/workers'

const TICK = 500
/** Virtual milliseconds from one fault to the next. */
const BETWEEN_FAULTS = 700
const FIRST_FAULT = 1000
/** Enough to find out that a worker is gone, and to do all that is left. */
const AFTERWARDS = 20_000

export default scenario({
  name: 'master-workers',
  summary: 'tasks assigned through znodes, through crashes of workers and master: at least once, or exactly',
  teaches: `
Follow one task through the tree: /tasks, /assign/<worker>, /status. Each step creates the next place before it leaves the
last one, so a task is never nowhere, whoever dies in between; but it may be in two places, and be done twice. Compare
"tasks executed" with the number of tasks: every crash in the middle of a task, and every worker that was only paused, costs
some. "tasks taken back" counts those whose worker was gone for longer than its session.

Doing a task twice cannot be avoided: a worker may die right after it, before it can tell anybody. So the question is what
it does to the result. With recording=add a worker adds to a total and then says that the task is done: two requests, and a
death between them makes the next worker add again. It is not even necessary that somebody dies: a lost answer is enough,
since the worker cannot know whether its addition took place. With recording=create-once one request does both: it creates
/status/<task>. Whoever comes second is told that it exists, and all is well. With recording=multi one transaction adds to
the total, creates the result and takes the task off the list, all of it or nothing; it exists already, and nothing is
added. An operation that can be repeated without
harm is worth more than any effort not to repeat it.

The master keeps nothing to itself. The next one reads the tree and goes on; if it finds a task in two places, it finishes
what the last one began. And a master that was deposed while it was paused can do no harm, because its session is over and
the service refuses whatever it asks: the session is its fencing token.
`,
  params: {
    recording: choice(['create-once', 'multi', 'add'], {
      default: 'create-once',
      about:
        'how results are recorded: one znode for each task, a transaction, or a total and then a note that it is done',
    }),
    workers: integer({ default: 4, min: 1, max: 50 }),
    masters: integer({ default: 2, min: 1, max: 5 }),
    tasks: integer({ default: 80, min: 1, max: 2000 }),
    work: number({ default: 40, min: 0, about: 'mean milliseconds that a task takes' }),
    faults: choice(['crashes', 'none'], { default: 'crashes' }),
    crashes: integer({
      default: 6,
      min: 0,
      max: 30,
      about: 'times at which all workers crash, for a moment',
    }),
    sessionTimeout: duration({ default: '2s', about: '1s to 10s' }),
  },
  valid({ sessionTimeout }) {
    const timeout = milliseconds(sessionTimeout)
    return (
      (timeout >= 2 * TICK && timeout <= 20 * TICK) ||
      `sessionTimeout must be 1s to 10s, not ${sessionTimeout}`
    )
  },

  cluster({ add, addOne, network, params }) {
    const { recording, sessionTimeout, work, tasks } = params
    network({ delay: uniform('1ms', '8ms') })
    const servers = [addOne(coordinationServer, { tick: TICK })]
    add(master, params.masters, { servers, sessionTimeout })
    add(worker, params.workers, { servers, sessionTimeout, recording, work })
    addOne(client, { servers, sessionTimeout: '10s', recording, tasks, interval: '10ms' })
  },

  faults: ({ faults, crashes, sessionTimeout, workers }): Plan => {
    if (faults === 'none') return []
    const end = FIRST_FAULT + crashes * BETWEEN_FAULTS
    const long = 2 * milliseconds(sessionTimeout)
    return [
      ...Array.from({ length: crashes }, (_, index) => ({
        at: FIRST_FAULT + index * BETWEEN_FAULTS,
        kind: 'crash' as const,
        node: 'worker',
        for: '100ms' as const,
      })),
      { at: FIRST_FAULT + 300, kind: 'crash', node: 'role:leader', for: long },
      { at: end, kind: 'crash', node: 'worker[0]', for: long },
      ...(workers === 1 ? [] : [{ at: end, kind: 'pause' as const, node: 'worker[1..]', for: long }]),
    ]
  },

  // The client is asked for the total in the end: it would not remember what it submitted.
  randomFaults: { nodes: ['master', 'worker', 'coordination'] },

  checks: [everyTaskDone(AFTERWARDS), everyTaskCountsOnce()],

  highlights: ['tasks executed', 'tasks assigned', 'tasks taken back', 'task latency', 'sessions expired'],
  examples: [
    { expect: 'held', about: 'whatever is done twice counts once' },
    { set: { recording: 'multi' }, expect: 'held', about: 'so it does if all is one transaction' },
    { set: { recording: 'add' }, expect: 'violated', about: 'what is done twice counts twice' },
    {
      set: { recording: 'add', faults: 'none' },
      expect: 'held',
      about: 'as long as nobody dies, anything will do',
    },
    { set: { workers: 1 }, expect: 'held', about: 'a single worker has to do it all again by itself' },
  ],
  until: ({ crashes, sessionTimeout }) =>
    FIRST_FAULT + crashes * BETWEEN_FAULTS + 2 * milliseconds(sessionTimeout) + AFTERWARDS,
})
