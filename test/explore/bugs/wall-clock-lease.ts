// A holder of a lease that asks the wall clock whether it is over. The clock is set back, the lease seems to last longer,
// and somebody else has it already. The correct holder counts on its monotonic clock, which nobody sets.
import { always, defineNode, exponential, fail, integer, ok, scenario } from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface Messages {
  acquire(message: { readonly holder: string }): boolean
}

/** Granted for longer than it is used, in milliseconds: drift and delays are no excuse. */
const GRANTED = 1000
const USED = 600

const leases = defineNode<Messages>()({
  kind: 'leases',
  state: () => ({ until: -1 }),
  on: {
    acquire(node) {
      const now = node.clock.monotonic()
      if (now < node.state.until) return false
      node.state.until = now + GRANTED
      return true
    },
  },
})

const holder = (planted: boolean) =>
  defineNode<object, { readonly leases: Address<Messages> }>()({
    kind: 'holder',
    async start(node) {
      const now = (): number => (planted ? node.clock.wall() : node.clock.monotonic())
      for (const { name, input, after = 0 } of node.workload()) {
        await node.sleep(after)
        await node.operation(name, input, async () => {
          const end = now() + USED
          const answer = await node.request(
            node.config.leases,
            'acquire',
            { holder: node.name },
            { timeout: '50ms' },
          )
          if (!answer.ok || !answer.reply) return fail('somebody else has it')
          node.role('holder')
          while (now() < end) await node.sleep(50)
          node.role('')
          return ok(null)
        })
      }
    },
  })

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'wall-clock-lease',
    summary: 'a lease has one holder at a time',
    params: { holders: integer({ default: 4, min: 1 }), turns: integer({ default: 40, min: 1 }) },
    cluster({ add, addOne, network, params }) {
      const service = addOne(leases)
      add(holder(planted), params.holders, { leases: service })
      network({ delay: exponential('3ms') })
    },
    workload: ({ params, random, nodes }) =>
      nodes('holder').flatMap((node) =>
        Array.from({ length: params.turns }, () => ({
          node,
          name: 'turn',
          input: null,
          after: Math.round(random.exponential(300)),
        })),
      ),
    randomFaults: {
      nodes: 'holder',
      faults: {
        'clock-step': { every: { kind: 'exponential', mean: '1s' }, by: ['200ms', '5s'] },
        'clock-drift': true,
        partition: true,
        degrade: true,
      },
    },
    checks: [
      always(
        'at most one holder',
        (world) => {
          const holders = world.withRole('holder')
          if (holders.length === 0) return undefined
          return (
            holders.length === 1 || `${holders.map(({ name }) => name).join(' and ')} both hold the lease`
          )
        },
        { on: ['role'] },
      ),
    ],
    until: '15s',
  })

export default make(true)
