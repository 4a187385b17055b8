// A client that repeats what was not answered, and a server that does again what it has done already: a lost reply counts
// twice. The correct server remembers the requests that it has served.
import { always, defineNode, exponential, integer, ok, scenario, unknown } from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface Messages {
  add(message: { readonly request: string; readonly amount: number }): number
}

interface Account {
  balance: number
  readonly served: Set<string>
}

const account = (planted: boolean) =>
  defineNode<Messages>()({
    kind: 'account',
    state: (): Account => ({ balance: 0, served: new Set() }),
    on: {
      add({ state }, { request, amount }) {
        if (!state.served.has(request) || planted) state.balance += amount
        state.served.add(request)
        return state.balance
      },
    },
  })

const client = defineNode<object, { readonly accounts: readonly Address<Messages>[] }>()({
  kind: 'client',
  async start(node) {
    for (const [index, { name, input, after = 0 }] of node.workload().entries()) {
      await node.sleep(after)
      const { account: at, amount } = input as { readonly account: number; readonly amount: number }
      const address = node.config.accounts[at % node.config.accounts.length] as Address<Messages>
      await node.operation(name, { account: address.name, amount }, async () => {
        const message = { request: `${node.name}/${index}`, amount }
        for (let tries = 0; tries < 5; tries++) {
          const answer = await node.request(address, 'add', message, { timeout: '100ms' })
          if (answer.ok) return ok(answer.reply)
        }
        return unknown('no answer')
      })
    }
  },
})

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'retry-not-idempotent',
    summary: 'a deposit is counted once, however often it is sent',
    params: {
      accounts: integer({ default: 3, min: 1 }),
      clients: integer({ default: 4, min: 1 }),
      deposits: integer({ default: 40, min: 1 }),
    },
    cluster({ add, network, params }) {
      const accounts = add(account(planted), params.accounts)
      add(client, params.clients, { accounts })
      network({ delay: exponential('4ms') })
    },
    workload: ({ params, random, nodes }) =>
      nodes('client').flatMap((node) =>
        Array.from({ length: params.deposits }, () => ({
          node,
          name: 'deposit',
          input: { account: random.int(params.accounts), amount: 1 + random.int(9) },
          after: Math.round(random.exponential(200)),
        })),
      ),
    randomFaults: { faults: { partition: true, degrade: true, pause: true, hold: true } },
    checks: [
      always(
        'no balance exceeds what was deposited',
        (world) => {
          const deposited = new Map<string, number>()
          for (const { input } of world.operations) {
            const { account: name, amount } = input as { readonly account: string; readonly amount: number }
            deposited.set(name, (deposited.get(name) ?? 0) + amount)
          }
          for (const { name, state } of world.nodesOf<Account>('account')) {
            const most = deposited.get(name) ?? 0
            if (state !== undefined && state.balance > most) {
              return `${name} holds ${state.balance}, only ${most} were deposited`
            }
          }
          return deposited.size === 0 ? undefined : true
        },
        { on: ['deliver'] },
      ),
    ],
    until: '10s',
  })

export default make(true)
