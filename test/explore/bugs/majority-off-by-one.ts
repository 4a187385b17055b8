// A quorum of half the acceptors, where more than half are needed: with an even number of them a partition leaves two
// quorums, and a name is given away twice.
import { always, defineNode, exponential, fail, integer, ok, scenario } from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface Messages {
  claim(message: { readonly name: string; readonly by: string }): boolean
}

const acceptor = defineNode<Messages>()({
  kind: 'acceptor',
  state: () => ({ owners: new Map<string, string>() }),
  on: {
    claim({ state }, { name, by }) {
      const owner = state.owners.get(name)
      if (owner === undefined) state.owners.set(name, by)
      return owner === undefined || owner === by
    },
  },
})

const client = defineNode<
  object,
  { readonly acceptors: readonly Address<Messages>[]; readonly quorum: number }
>()({
  kind: 'client',
  async start(node) {
    const { acceptors, quorum } = node.config
    for (const { name, input, after = 0 } of node.workload()) {
      await node.sleep(after)
      const claim = { name: (input as { readonly name: string }).name, by: node.name }
      await node.operation(name, { name: claim.name }, async () => {
        let granted = 0
        let open = acceptors.length
        for (const address of acceptors) {
          node.after(0, async () => {
            const answer = await node.request(address, 'claim', claim, { timeout: '200ms' })
            if (answer.ok && answer.reply) granted++
            open--
          })
        }
        await node.until(() => granted >= quorum || open === 0)
        return granted >= quorum ? ok(claim.name) : fail('taken, or nobody there')
      })
    }
  },
})

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'majority-off-by-one',
    summary: 'a name belongs to one client',
    params: {
      acceptors: integer({ default: 4, min: 1 }),
      clients: integer({ default: 4, min: 1 }),
      claims: integer({ default: 30, min: 1 }),
    },
    cluster({ add, network, params }) {
      const acceptors = add(acceptor, params.acceptors)
      const half = Math.ceil(params.acceptors / 2)
      const quorum = planted ? half : Math.floor(params.acceptors / 2) + 1
      add(client, params.clients, { acceptors, quorum })
      network({ delay: exponential('2ms') })
    },
    workload: ({ params, random, nodes }) =>
      nodes('client').flatMap((node) =>
        Array.from({ length: params.claims }, (_, index) => ({
          node,
          name: 'claim',
          input: { name: `name-${index}` },
          after: Math.round(random.exponential(250)),
        })),
      ),
    randomFaults: {
      nodes: 'all',
      faults: { partition: { every: { kind: 'exponential', mean: '1s' } }, degrade: true, pause: true },
    },
    checks: [
      always(
        'a name has one owner',
        (world) => {
          const owners = new Map<unknown, string>()
          for (const { node, status, output } of world.operations) {
            if (status !== 'ok') continue
            const other = owners.get(output)
            if (other !== undefined && other !== node)
              return `${other} and ${node} both own ${String(output)}`
            owners.set(output, node)
          }
          return owners.size === 0 ? undefined : true
        },
        { on: ['ok'] },
      ),
    ],
    until: '12s',
  })

export default make(true)
