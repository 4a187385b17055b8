/**
 * Somebody who keeps the clients' configuration up to date: looks every now and then which machines answer, and sends the
 * list to all clients. Whether it is a person with a script or a deployment pipeline, what counts is the time between two
 * looks.
 */
import type { Address, Duration } from 'orrery-sim'
import { defineNode } from 'orrery-sim'
import type { ClientMessages } from './client.ts'
import type { WorkerMessages } from './worker.ts'
import { addressOf } from './worker.ts'

export interface OperatorConfig {
  readonly workers: readonly Address<WorkerMessages>[]
  readonly clients: () => readonly Address<ClientMessages>[]
  /** Time between two looks. */
  readonly every: Duration
}

export const operator = defineNode<object, OperatorConfig>()({
  kind: 'operator',
  state: () => ({ version: 0 }),
  start(node) {
    const { workers, clients, every } = node.config
    node.every(every, async () => {
      const looks = await Promise.all(workers.map((each) => node.request(each, 'call', undefined)))
      const well = workers.filter((_each, index) => {
        const look = looks[index]
        return look?.ok === true && look.reply.served
      })
      node.state.version++
      node.broadcast(clients(), 'configure', {
        version: node.state.version,
        workers: well.map(({ name }) => addressOf(name)),
      })
    })
  },
})
