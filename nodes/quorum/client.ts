/**
 * A client that coordinates its own operations: it asks replicas until R of them have answered a read and W of them have
 * stored a write (Gifford, SOSP 1979, with one vote each; R, W and N as in Dynamo, SOSP 2007).
 *
 * A write first learns the newest version from R replicas and then stores a newer one at W. A counter of the client's
 * own would do for a single writer; with several, a client that wrote little would number its writes below what others
 * have acknowledged, and they would be lost. If R + W > N the R replicas include one of every acknowledged write.
 *
 * A read returns the newest of R versions. With write-back it first makes sure that W replicas hold it (the second
 * phase of reads in Attiya, Bar-Noy and Dolev, "Sharing Memory Robustly in Message-Passing Systems", JACM 1995), unless
 * the answers show that they do. Dynamo's read repair is the same message, sent without waiting for it.
 *
 * Left out: sloppy quorums and hinted handoff, weighted votes, deletion, reconfiguration.
 */
import type { Address, Duration, Node, Outcome, Reply, RequestOptions } from 'orrery-sim'
import { defineNode, fail, ok, unknown } from 'orrery-sim'
import type { ReplicaMessages } from './replica.ts'
import type { Version, Versioned } from './version.ts'
import { newestOf } from './version.ts'

export interface ClientConfig {
  readonly replicas: readonly Address<ReplicaMessages>[]
  /** Replicas that must answer a read. */
  readonly r: number
  /** Replicas that must store a write. */
  readonly w: number
  /** Whether reads wait until W replicas hold what they return. Default false. */
  readonly writeBack?: boolean
  /**
   * Whom to ask: every replica, taking the first answers (ABD, Dynamo), or only as many as are needed, chosen at random,
   * and all the others as well once one is late (closer to Gifford, whose clients read from the nearest). Default 'all'.
   */
  readonly ask?: 'all' | 'quorum'
  /** How long a replica has to answer before it is asked again, and others in its place. Default 100ms. */
  readonly patience?: Duration
  /** How many times it is asked before the operation is given up. Default 4. */
  readonly rounds?: number
}

/** What a client performs. `value` is whatever is to be stored. */
export interface RegisterOperation {
  readonly node: string
  readonly name: 'read' | 'write'
  readonly input: { readonly key: string; readonly value?: unknown }
  readonly after?: number
}

interface ClientState {
  /** Position of the next operation in the workload. */
  next: number
  /** Highest counter that this client has ever given to a version. */
  counter: number
}

type Client = Node<object, ClientState, ClientConfig>

const JOURNAL = 'journal'

/** Performs its workload (`RegisterOperation`s), one operation after the other. */
export const client = defineNode<object, ClientConfig>()({
  kind: 'client',
  state: (): ClientState => ({ next: 0, counter: 0 }),

  async recover({ disk, state }) {
    // A client that forgot its counter could give one version to two values. Its reads since then are repeated.
    const journal = await disk.read<Partial<ClientState>>(JOURNAL)
    Object.assign(
      state,
      journal.findLast((entry) => entry.counter !== undefined),
    )
  },

  async start(node) {
    const operations = node.workload<RegisterOperation>()
    while (node.state.next < operations.length) {
      const { name, input, after = 0 } = operations[node.state.next++] as RegisterOperation
      await node.sleep(after)
      const begun = node.clock.monotonic()
      const outcome = await node.operation(name, input, () =>
        name === 'read' ? read(node, input.key) : write(node, input.key, input.value),
      )
      node.metrics.count(`${name} ${outcome.type}`)
      if (outcome.type === 'ok') node.metrics.sample(`${name} latency`, node.clock.monotonic() - begun)
    }
  },
})

async function read(node: Client, key: string): Promise<Outcome<Versioned>> {
  const { r, w, writeBack = false } = node.config
  const answers = await readFrom(node, key, r)
  if (answers === undefined) return fail(`fewer than ${r} replicas answered`)
  const newest = newestOf(answers)
  if (writeBack) {
    const holders = answers.filter((answer) => isSame(answer.version, newest.version)).length
    if (holders < w) {
      node.metrics.count('write-backs')
      if ((await storeAt(node, key, newest, w)) === undefined) {
        return fail(`fewer than ${w} replicas stored what was read`)
      }
    }
  }
  return ok(newest)
}

async function write(
  node: Client,
  key: string,
  value: unknown,
): Promise<Outcome<{ readonly version: Version }>> {
  const { r, w } = node.config
  const answers = await readFrom(node, key, r)
  if (answers === undefined) return fail(`fewer than ${r} replicas told their version`)
  // A write that was given up may still be under way with the counter it had: never use one twice.
  node.state.counter = Math.max(node.state.counter, newestOf(answers).version[0]) + 1
  await node.disk.append(JOURNAL, { next: node.state.next, counter: node.state.counter })
  await node.disk.sync(JOURNAL)
  const version: Version = [node.state.counter, node.self.index]
  const stored = await storeAt(node, key, { version, value }, w)
  return stored === undefined ? unknown(`fewer than ${w} replicas said that they stored it`) : ok({ version })
}

function readFrom(node: Client, key: string, r: number): Promise<Versioned[] | undefined> {
  return ask(node, r, (replica, options) => node.request(replica, 'read', { key }, options))
}

function storeAt(node: Client, key: string, record: Versioned, w: number): Promise<void[] | undefined> {
  return ask(node, w, (replica, options) => node.request(replica, 'store', { key, record }, options))
}

/** The answers of the first `needed` replicas that gave one; undefined if they did not in all rounds. */
async function ask<R>(
  node: Client,
  needed: number,
  request: (replica: Address<ReplicaMessages>, options: RequestOptions) => Promise<Reply<R>>,
): Promise<R[] | undefined> {
  const { replicas, ask: whom = 'all', patience = '100ms', rounds = 4 } = node.config
  const order = node.random.shuffle(replicas)
  // By replica, not by answer: a quorum is made of different ones.
  const answers = new Map<Address, R>()
  for (let round = 0; round < rounds; round++) {
    const asked = order.slice(0, whom === 'all' || round > 0 ? order.length : needed)
    let waiting = 0
    for (const replica of asked.filter((each) => !answers.has(each))) {
      waiting++
      node.metrics.count('requests to replicas')
      void request(replica, { timeout: patience }).then((reply) => {
        waiting--
        if (reply.ok) answers.set(replica, reply.reply)
      })
    }
    await node.until(() => answers.size >= needed || waiting === 0)
    if (answers.size >= needed) return [...answers.values()]
  }
  return undefined
}

function isSame(a: Version, b: Version): boolean {
  return a[0] === b[0] && a[1] === b[1]
}
