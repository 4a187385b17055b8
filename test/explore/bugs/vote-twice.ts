// A voter that remembers the term on disk but its vote in memory only: after a restart it votes a second time in the same
// term, and two candidates have a majority. The correct voter has its vote on disk before it answers (Raft, figure 2).
import { always, defineNode, duration, exponential, fail, integer, ok, scenario } from 'orrery-sim'
import type { Address, Scenario } from 'orrery-sim'

interface Messages {
  vote(message: { readonly term: number; readonly candidate: string }): boolean
}

interface Ballot {
  readonly term: number
  readonly candidate?: string
}

const voter = (planted: boolean) =>
  defineNode<Messages>()({
    kind: 'voter',
    state: (): { term: number; candidate: string | undefined } => ({ term: 0, candidate: undefined }),
    disk: { latency: { append: '20us', sync: '1ms' } },
    async recover({ disk, state }) {
      const last = (await disk.read<Ballot>('ballots')).at(-1)
      if (last !== undefined) Object.assign(state, { term: last.term, candidate: last.candidate })
    },
    on: {
      async vote(node, { term, candidate }) {
        const { state, disk } = node
        if (term < state.term) return false
        if (term > state.term) Object.assign(state, { term, candidate: undefined })
        if (state.candidate !== undefined && state.candidate !== candidate) return false
        state.candidate = candidate
        await disk.append('ballots', planted ? { term } : { term, candidate })
        await disk.sync('ballots')
        return true
      },
    },
  })

const candidate = defineNode<
  object,
  { readonly voters: readonly Address<Messages>[]; readonly patience: `${number}ms` }
>()({
  kind: 'candidate',
  async start(node) {
    const { voters, patience } = node.config
    for (const { input, after = 0 } of node.workload()) {
      await node.sleep(after)
      const { term } = input as { readonly term: number }
      await node.operation('campaign', { term }, async () => {
        const message = { term, candidate: node.name }
        let votes = 0
        let open = voters.length
        for (const address of voters) {
          node.after(0, async () => {
            // Whoever is down now may be back in a moment.
            for (let tries = 0; tries < 3; tries++) {
              const answer = await node.request(address, 'vote', message, { timeout: patience })
              if (!answer.ok) continue
              if (answer.reply) votes++
              break
            }
            open--
          })
        }
        const needed = Math.floor(voters.length / 2) + 1
        await node.until(() => votes >= needed || open === 0)
        return votes >= needed ? ok({ term }) : fail('no majority')
      })
    }
  },
})

const oneLeader = always(
  'at most one leader in a term',
  (world) => {
    const leaders = new Map<number, string>()
    for (const { node, status, output } of world.operations) {
      if (status !== 'ok') continue
      const { term } = output as { readonly term: number }
      const other = leaders.get(term)
      if (other !== undefined && other !== node) return `${other} and ${node} both lead in term ${term}`
      leaders.set(term, node)
    }
    return leaders.size === 0 ? undefined : true
  },
  { on: ['ok'] },
)

export const make = (planted: boolean): Scenario =>
  scenario({
    name: 'vote-twice',
    summary: 'no term has two leaders',
    params: {
      voters: integer({ default: 3, min: 1 }),
      candidates: integer({ default: 3, min: 2 }),
      terms: integer({ default: 20, min: 1 }),
      patience: duration({ default: '150ms', about: 'how long a candidate waits for a voter' }),
    },
    cluster({ add, network, params }) {
      const voters = add(voter(planted), params.voters)
      add(candidate, params.candidates, { voters, patience: params.patience as `${number}ms` })
      network({ delay: exponential('10ms'), loss: 0.01 })
    },
    workload: ({ params, random, nodes }) =>
      nodes('candidate').flatMap((node) =>
        Array.from({ length: params.terms }, (_, index) => ({
          node,
          name: 'campaign',
          input: { term: index + 1 },
          after: Math.round(random.exponential(400)),
        })),
      ),
    randomFaults: {
      maxDown: 2,
      faults: {
        crash: {
          every: { kind: 'exponential', mean: '700ms' },
          for: { kind: 'uniform', min: '50ms', max: '300ms' },
        },
        partition: true,
        pause: true,
      },
    },
    checks: [oneLeader],
    until: '10s',
  })

export default make(true)
