// A replicated list on top of atomic broadcast, clients that append to it, and a monitor that sees all of it.
import type { Address, Node, Plan, RunResult, SimulateOptions } from '../../../../index.ts'
import { defineNode, scenario, simulate } from '../../../../index.ts'
import { generatePlan } from '../../../../faults/generate/generate.ts'
import { checkMix } from '../../../../faults/generate/mix.ts'
import type { Hooks, Machine, ZabConfig, ZabProtocol } from '../../../../nodes/coordination/zab/index.ts'
import { isLearnerFrame, Peer } from '../../../../nodes/coordination/zab/index.ts'
import { survey } from '../../../../sim/scenario/survey.ts'

export type ListPeer = Peer<string>

/** Makes the peer of one server: the real one, or a broken twin of it. */
export type MakePeer = (
  node: Node,
  config: ZabConfig,
  machine: Machine<string>,
  hooks: Hooks<never, never, undefined>,
) => ListPeer

export interface ZabSetup {
  readonly servers?: number
  readonly observers?: number
  readonly config?: Partial<ZabConfig>
  readonly peer?: MakePeer
  readonly clients?: number
  readonly plan?: Plan
  /** Random faults instead of a plan. */
  readonly faults?: object
  readonly until?: number
  readonly delay?: number
  readonly syncLatency?: number
  readonly run?: SimulateOptions
}

interface Protocol extends ZabProtocol {
  /** The transaction as it was proposed, if it is committed. A doubled request is two transactions. */
  append(message: { readonly txn: string }): { readonly refused: boolean; readonly done?: string }
}

interface State {
  entries: { readonly zxid: number; readonly txn: string }[]
  peer: ListPeer | undefined
  serving: boolean
}

/** What was seen of a run, and what was wrong with it. */
export class Monitor {
  /** The one order in which everything was committed, as far as it was seen. */
  readonly committed: { readonly zxid: number; readonly txn: string }[] = []
  readonly acknowledged: string[] = []
  readonly asked = new Set<string>()
  readonly leaders: { readonly epoch: number; readonly server: string; readonly at: number }[] = []
  readonly violations: string[] = []
  private readonly seen = new Set<string>()

  /** A serving server has applied something, or begins to serve: its list must be the order, or go on with it. */
  check(server: string, entries: State['entries'], from: number): void {
    for (let i = from; i < entries.length; i++) {
      const own = entries[i]!
      const common = this.committed[i]
      if (common === undefined) {
        if (this.seen.has(own.txn)) this.violations.push(`${server} delivers ${own.txn} twice`)
        if (!this.asked.has(own.txn))
          this.violations.push(`${server} delivers ${own.txn}, which nobody asked for`)
        if (own.zxid <= (this.committed[i - 1]?.zxid ?? 0))
          this.violations.push(`${server}: zxids do not rise`)
        this.seen.add(own.txn)
        this.committed.push(own)
      } else if (common.zxid !== own.zxid || common.txn !== own.txn) {
        this.violations.push(
          `${server} has ${own.txn} (${own.zxid}) at ${i}, where ${common.txn} (${common.zxid}) was committed`,
        )
        return
      }
    }
  }

  leads(server: string, epoch: number, entries: State['entries'], at: number): void {
    const other = this.leaders.find((known) => known.epoch === epoch)
    if (other !== undefined) this.violations.push(`${server} leads epoch ${epoch}, which ${other.server} led`)
    if (entries.length < this.committed.length) {
      this.violations.push(
        `${server} leads epoch ${epoch} with ${entries.length} of ${this.committed.length} committed transactions`,
      )
    }
    this.leaders.push({ epoch, server, at })
    this.check(server, entries, 0)
  }

  acknowledge(txn: string): void {
    this.acknowledged.push(txn)
    if (!this.seen.has(txn)) this.violations.push(`${txn} was acknowledged and not committed`)
  }
}

export interface ZabRun {
  readonly monitor: Monitor
  readonly result: RunResult
  /** Lists of the servers that ran at the end, by name. */
  readonly lists: ReadonlyMap<string, readonly string[]>
  readonly plan: Plan
}

export async function runZab(setup: ZabSetup): Promise<ZabRun> {
  const { servers = 3, observers = 0, config = {}, clients = 2, until = 20_000 } = setup
  const makePeer: MakePeer = setup.peer ?? ((...all) => new Peer(...all))
  const monitor = new Monitor()
  const states = new Map<string, State>()

  const server = defineNode<Protocol, ZabConfig>()({
    kind: 'server',
    state: (): State => ({ entries: [], peer: undefined, serving: false }),
    disk: { latency: { sync: setup.syncLatency ?? '1ms' } },
    async recover(node) {
      const { state, name } = node
      states.set(name, state)
      const serve = (serving: boolean): void => {
        state.serving = serving
        if (serving) monitor.check(name, state.entries, 0)
      }
      state.peer = makePeer(
        node,
        node.config,
        {
          get lastZxid() {
            return state.entries.at(-1)?.zxid ?? 0
          },
          apply(zxid, txn) {
            state.entries.push({ zxid, txn })
            if (state.serving) monitor.check(name, state.entries, state.entries.length - 1)
          },
          snapshot: () => [...state.entries],
          restore(snapshot) {
            state.entries = ((snapshot ?? []) as State['entries']).slice()
          },
        },
        {
          leading(epoch) {
            monitor.leads(name, epoch, state.entries, node.clock.monotonic())
            serve(true)
          },
          following: () => serve(true),
          observing: () => serve(true),
          looking: () => serve(false),
          fromLearner: () => undefined,
          pinged: () => undefined,
          fromLeader: () => undefined,
          pingPayload: () => undefined,
        },
      )
      await state.peer.recover()
    },
    start(node) {
      node.state.peer!.start()
    },
    async accept(node, connection) {
      const first = await connection.receive()
      if (first.ok && isLearnerFrame(first.value)) await node.state.peer!.accept(connection, first.value)
      else connection.abort()
    },
    on: {
      zabNotification(node, notification) {
        node.state.peer!.notified(notification)
      },
      async append(node, { txn: asked }) {
        const { state } = node
        if (!state.peer!.leading) return { refused: true }
        const txn = `${asked}#${node.random.int(1_000_000_000)}`
        monitor.asked.add(txn)
        const zxid = state.peer!.propose(txn) ?? 0
        await node.until(() => !state.serving || (state.entries.at(-1)?.zxid ?? 0) >= zxid)
        const isDone = state.serving && state.entries.some((entry) => entry.txn === txn)
        return isDone ? { refused: false, done: txn } : { refused: false }
      },
    },
  })

  const client = defineNode<object, { readonly servers: readonly Address<Protocol>[] }>()({
    kind: 'client',
    async start(node) {
      let preferred = 0
      for (let i = 0; ; i++) {
        await node.sleep(20 + node.random.int(60))
        const txn = `${node.name}-${i}`
        for (let attempt = 0; attempt < node.config.servers.length; attempt++) {
          const server = node.config.servers[preferred]!
          const answer = await node.request(server, 'append', { txn }, { timeout: '400ms' })
          if (answer.ok && answer.reply.done !== undefined) monitor.acknowledge(answer.reply.done)
          // Whatever the outcome may be: asked for again, it could be there twice.
          if (answer.ok && !answer.reply.refused) break
          preferred = (preferred + 1) % node.config.servers.length
          if (!answer.ok) break
        }
      }
    },
  })

  const world = scenario({
    name: 'zab',
    summary: 'a replicated list',
    cluster({ add, network }) {
      network({ delay: setup.delay ?? '1ms' })
      const all: readonly Address<Protocol>[] = add(server, servers + observers, (index, addresses) => ({
        id: index + 1,
        members: addresses.map((address, i) => ({ id: i + 1, address, observer: i >= servers })),
        tick: 200,
        ...config,
      }))
      add(client, clients, () => ({ servers: all }))
    },
    checks: [],
    until,
  })
  const { run = {} } = setup
  const plan =
    setup.faults === undefined
      ? (setup.plan ?? [])
      : generatePlan({
          seed: run.seed ?? 1,
          mix: checkMix(setup.faults),
          nodes: survey(world, {}, 1).nodes,
          roles: ['leader'],
          horizonMicros: until * 1000,
        })
  const result = await simulate(world, { ...run, plan })
  if (result.failures.length > 0) throw new Error(JSON.stringify(result.failures, null, 1))
  const lists = new Map([...states].map(([name, { entries }]) => [name, entries.map(({ txn }) => txn)]))
  return { monitor, result, lists, plan }
}
