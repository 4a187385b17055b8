/**
 * What clients should know of workers, looked at every 50 ms from outside: they cannot know themselves how old their
 * knowledge is.
 */
import type { Check, NodeView, Violation, World } from 'orrery-sim'
import { formatTime } from 'orrery-sim'
import type { ClientState } from './client.ts'
import type { WorkerState } from './worker.ts'
import { addressOf } from './worker.ts'

/** Microseconds between two looks. */
const LOOK = 50_000

type Client = NodeView<ClientState>
type Worker = NodeView<WorkerState>

/** No client has an address on its list that has not served for `limit` ms. */
export function noDeadAddressFor(limit: number): Check {
  return lastsAtMost(
    `no dead address on a list for more than ${limit} ms`,
    'dead address on a list, longest (ms)',
    limit,
    (client, worker) => isListed(client, worker) && !(worker.up && worker.state?.serving === true),
    (client, worker) => `${client.name} has ${addressOf(worker.name)} on its list, which does not serve`,
  )
}

/** No client is without an address that has served for `limit` ms. */
export function newAddressWithin(limit: number): Check {
  return lastsAtMost(
    `a new address is on every list after ${limit} ms`,
    'new address missing on a list, longest (ms)',
    limit,
    (client, worker) => !isListed(client, worker) && worker.up && worker.state?.serving === true,
    (client, worker) => `${client.name} does not know of ${addressOf(worker.name)}`,
  )
}

/** The leader is on no list after it has led for `limit` ms. */
export function leaderNotListed(limit: number): Check {
  return lastsAtMost(
    'the leader is not on the list of workers',
    'leader on a list, longest (ms)',
    limit,
    (client, worker) => worker.up && worker.role === 'leader' && isListed(client, worker),
    (client, worker) => `${client.name} has the leader ${worker.name} on its list`,
  )
}

function isListed(client: Client, worker: Worker): boolean {
  return client.state?.workers.includes(addressOf(worker.name)) === true
}

/** For no pair of a client and a worker the condition holds for longer than `limit` ms; how long is measured. */
function lastsAtMost(
  name: string,
  measured: string,
  limit: number,
  holds: (client: Client, worker: Worker) => boolean,
  tell: (client: Client, worker: Worker) => string,
): Check {
  return {
    name,
    // Only the looks count.
    on: [],
    begin(context) {
      const { world } = context
      const since = new Map<string, number>()
      let observations = 0
      let longest = 0
      let violation: Violation | undefined
      const look = (): void => {
        observations++
        for (const client of world.nodesOf<ClientState>('client')) {
          for (const worker of world.nodesOf<WorkerState>('worker')) {
            const pair = `${client.name} ${worker.name}`
            if (!holds(client, worker)) {
              since.delete(pair)
              continue
            }
            const from = since.get(pair) ?? world.now
            since.set(pair, from)
            longest = Math.max(longest, world.now - from)
            if (world.now - from <= limit) continue
            violation ??= { ...now(world), node: client.name, expected: name, observed: tell(client, worker) }
          }
        }
        context.at(Math.round(world.now * 1000) + LOOK, look)
      }
      context.at(LOOK, look)
      return {
        finish: () => ({
          name,
          verdict: violation === undefined ? 'held' : 'violated',
          observations,
          measures: { [measured]: longest },
          detail: `at most ${formatTime(Math.round(longest * 1000))}`,
          ...(violation === undefined ? {} : { violation }),
        }),
      }
    },
  }
}

function now(world: World): Pick<Violation, 'time' | 'record'> {
  return { time: Math.round(world.now * 1000), record: world.lastRecord }
}
