/**
 * Processes that die, come back, or stand still: crash/restart and pause/resume.
 *
 * A crash stands for power loss, a kernel panic or `kill -9`; a pause for a long garbage collection, a suspended virtual
 * machine or a starved scheduler. Machines that never come back are crashes without an end.
 */
import { duration, flag, targets } from './fields.ts'
import { faultKind, InForce, named, perRun } from './kind.ts'

interface Lifecycles {
  /** Which fault crashed a node that has been down since. */
  readonly crashedBy: Map<number, object>
  readonly pauses: InForce<true>
}

const lifecycles = perRun<Lifecycles>(() => ({ crashedBy: new Map(), pauses: new InForce() }))

/** `crash`: ends the incarnation at once. */
export const crashKind = faultKind(
  {
    kind: 'crash',
    about:
      'Crashes nodes: the incarnation ends, its volatile state is gone, of its disk only what was synced survives. ' +
      'With `for` the nodes are restarted after that time, unless something else restarted them meanwhile.',
    fields: {
      node: targets('Which nodes crash.'),
      for: duration('Time until they restart. Left out: they stay down (until a restart).').optional(),
      torn: flag(
        'Whether the crash may tear what was written but not synced: a prefix survives, perhaps with half an entry ' +
          'at its end. Default false: nothing unsynced survives.',
      )
        .optional()
        .meta({ default: false }),
    },
    example: { at: '3s', node: 'role:leader', for: '2s' },
  },
  ({ node, torn = false }, place) => {
    const selectors = place.targets('node', node)
    return (control) => {
      const { crashedBy, pauses } = lifecycles(control)
      const fault = {}
      const crashed = control.select(selectors).filter((id) => control.crash(id, { torn }))
      for (const id of crashed) {
        crashedBy.set(id, fault)
        pauses.clear(id)
      }
      return {
        touched: named(control, crashed),
        end: () => {
          const mine = crashed.filter((id) => crashedBy.get(id) === fault)
          for (const id of mine) crashedBy.delete(id)
          return named(
            control,
            mine.filter((id) => control.restart(id)),
          )
        },
      }
    }
  },
)

/** `restart`: begins a new incarnation of nodes that are down. */
export const restartKind = faultKind(
  {
    kind: 'restart',
    about: 'Restarts nodes that crashed or stopped. Does nothing to nodes that run.',
    fields: { node: targets('Which nodes restart, if they are down.') },
    example: { at: '8s', node: 'all' },
  },
  ({ node }, place) => {
    const selectors = place.targets('node', node)
    return (control) => {
      const { crashedBy } = lifecycles(control)
      const restarted = control.select(selectors).filter((id) => {
        if (!control.restart(id)) return false
        crashedBy.delete(id)
        return true
      })
      return { touched: named(control, restarted) }
    }
  },
)

/** `pause`: everything on the node stands still, and the node is not told. */
export const pauseKind = faultKind(
  {
    kind: 'pause',
    about:
      'Pauses nodes: nothing on them runs, messages and timers queue, their clocks go on. Afterwards the backlog is ' +
      'worked off in order. A node is paused while any pause holds it; a crash ends its pauses.',
    fields: {
      node: targets('Which nodes pause.'),
      for: duration('How long. Left out: until a resume.').optional(),
    },
    example: { at: '2s', node: 'role:leader', for: '800ms' },
  },
  ({ node }, place) => {
    const selectors = place.targets('node', node)
    return (control) => {
      const { pauses } = lifecycles(control)
      const fault = {}
      const paused = control.select(selectors).filter((id) => control.pause(id) || pauses.of(id).length > 0)
      for (const id of paused) pauses.begin(id, fault, true)
      return {
        touched: named(control, paused),
        end: () => {
          const released = paused.filter((id) => pauses.end(id, fault) && pauses.of(id).length === 0)
          return named(
            control,
            released.filter((id) => control.resume(id)),
          )
        },
      }
    }
  },
)

/** `resume`: ends all pauses of a node. */
export const resumeKind = faultKind(
  {
    kind: 'resume',
    about: 'Resumes paused nodes, whichever pauses hold them.',
    fields: { node: targets('Which nodes resume, if they are paused.') },
    example: { at: '4s', node: 'all' },
  },
  ({ node }, place) => {
    const selectors = place.targets('node', node)
    return (control) => {
      const { pauses } = lifecycles(control)
      const selected = control.select(selectors)
      for (const id of selected) pauses.clear(id)
      return {
        touched: named(
          control,
          selected.filter((id) => control.resume(id)),
        ),
      }
    }
  },
)
