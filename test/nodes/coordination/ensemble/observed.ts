// An ensemble whose servers are looked at while they run, and clients that use it at random and note what they see.
import type { Node, RunResult } from '../../../../index.ts'
import { fail, linearizable, models, ok, unknown } from '../../../../index.ts'
import type { Outcome } from '../../../../index.ts'
import type { CoordinationSession, Result } from '../../../../nodes/coordination/client/index.ts'
import { connect } from '../../../../nodes/coordination/client/index.ts'
import type { Txn } from '../../../../nodes/coordination/data/transactions.ts'
import type { MakeEnsemblePeer } from '../../../../nodes/coordination/ensemble/index.ts'
import { coordinationKind, EnsembleServer } from '../../../../nodes/coordination/ensemble/index.ts'
import { Peer } from '../../../../nodes/coordination/zab/index.ts'
import type { Script, Setup } from './cluster.ts'
import { runEnsemble } from './cluster.ts'

/** What was wrong, by what it is about. */
export type Law =
  | 'agreement'
  | 'one leader an epoch'
  | 'acknowledged writes stay'
  | 'zxids and numbers are unique'
  | 'time never runs backwards'
  | 'watches fire once'
  | 'ephemerals go with their session'

export class Observer {
  readonly violations: { readonly law: Law; readonly what: string }[] = []
  /** What serving servers have applied, by zxid. */
  readonly committed = new Map<number, string>()
  readonly leaders = new Map<number, string>()
  readonly closed = new Set<number>()
  /** Acknowledged writes: zxid, and what the transaction must hold. */
  readonly acknowledged: { readonly zxid: number; readonly holds: string }[] = []
  readonly numbers = new Map<string, string>()
  readonly counts = { expired: 0, watches: 0, reads: 0 }
  /** Watches that wait at the end, with the version that they were set at. */
  readonly armed: { readonly path: string; readonly version: number }[] = []
  readonly finals = new Map<string, number>()
  /** By znode and version: who was told to have written it. */
  private readonly versions = new Map<string, string>()
  /** Children of /seq at the end. */
  numbersAtEnd: readonly string[] | undefined

  report(law: Law, what: string): void {
    this.violations.push({ law, what })
  }

  applied(server: string, zxid: number, txn: Txn): void {
    const text = JSON.stringify(txn)
    const known = this.committed.get(zxid)
    if (known === undefined) this.committed.set(zxid, text)
    else if (known !== text)
      this.report('agreement', `${server} has ${text} under ${zxid}, where ${known} was`)
    if (txn.body.type === 'closeSession') this.closed.add(txn.session)
    else if (txn.body.type === 'create' && this.closed.has(txn.body.owner))
      this.report(
        'ephemerals go with their session',
        `${txn.body.path} made for session ${txn.session}, which is over`,
      )
  }

  leads(server: string, epoch: number): void {
    const other = this.leaders.get(epoch)
    if (other !== undefined) this.report('one leader an epoch', `${server} and ${other} lead epoch ${epoch}`)
    this.leaders.set(epoch, server)
  }

  /** A write was acknowledged; `version` of `path`, unless it made one. */
  wrote(zxid: number, holds: string, path?: string, version?: number): void {
    if (path !== undefined) {
      const key = `${path} version ${version}`
      const other = this.versions.get(key)
      if (other !== undefined)
        this.report('acknowledged writes stay', `${key} was acknowledged for ${other} and for ${holds}`)
      this.versions.set(key, holds)
    }
    if (this.acknowledged.some((known) => known.zxid === zxid))
      this.report('zxids and numbers are unique', `two writes were answered with zxid ${zxid}`)
    this.acknowledged.push({ zxid, holds })
  }

  made(path: string, by: string): void {
    const other = this.numbers.get(path)
    if (other !== undefined)
      this.report('zxids and numbers are unique', `${path} was made by ${other} and by ${by}`)
    this.numbers.set(path, by)
  }

  /** What can be judged only when all is over. */
  finish(): void {
    for (const { zxid, holds } of this.acknowledged) {
      if (this.committed.get(zxid)?.includes(holds) !== true)
        this.report('acknowledged writes stay', `${holds} was acknowledged under ${zxid}: not committed`)
    }
    for (const path of this.numbers.keys()) {
      if (this.numbersAtEnd?.includes(path.slice('/seq/'.length)) === false)
        this.report('acknowledged writes stay', `${path} was acknowledged and is gone`)
    }
    for (const { path, version } of this.armed) {
      const final = this.finals.get(path)
      if (final !== undefined && final !== version)
        this.report(
          'watches fire once',
          `a watch on ${path} at version ${version} never fired, it is ${final} now`,
        )
    }
  }
}

/** Wraps what a peer is given so that the observer sees what servers do. */
export function observing(
  observer: Observer,
  makePeer: MakeEnsemblePeer = (...all) => new Peer(...all),
): MakeEnsemblePeer {
  return (node, config, machine, hooks) => {
    let isServing = false
    return makePeer(
      node,
      config,
      {
        get lastZxid() {
          return machine.lastZxid
        },
        apply(zxid, txn) {
          if (isServing) observer.applied(node.name, zxid, txn)
          machine.apply(zxid, txn)
        },
        settled: () => machine.settled?.(),
        snapshot: () => machine.snapshot(),
        restore: (snapshot, zxid) => machine.restore(snapshot, zxid),
      },
      {
        ...hooks,
        leading(epoch) {
          observer.leads(node.name, epoch)
          isServing = true
          hooks.leading(epoch)
        },
        following(...all) {
          isServing = true
          hooks.following(...all)
        },
        observing(...all) {
          isServing = true
          hooks.observing(...all)
        },
        looking() {
          isServing = false
          hooks.looking()
        },
      },
    )
  }
}

const PATHS = ['/data-0', '/data-1', '/data-2']

/** One client: random operations on a few znodes until `end`, over as many sessions as it takes. */
export function worker(observer: Observer, end: number): Script {
  return async (node, servers) => {
    let sessionNumber = 0
    const before: string[] = []
    while (node.clock.monotonic() < end) {
      let connections = 0
      const onState = (): void => {
        connections++
      }
      const zk = await connect(node, servers, { sessionTimeout: '2s', onState })
      await prepare(zk)
      for (const path of before) {
        const isUpToDate = await zk.sync(path)
        const left = await zk.exists(path)
        if (isUpToDate.ok && left.ok && left.value !== undefined)
          observer.report('ephemerals go with their session', `${path} is there, its session has expired`)
      }
      before.push(`/members/${node.name}-${sessionNumber + 1}`)
      await new Visit(observer, node, zk, ++sessionNumber, () => connections).work(end)
      if (zk.state === 'Expired') observer.counts.expired++
    }
  }
}

async function prepare(zk: CoordinationSession): Promise<void> {
  for (const path of [...PATHS, '/seq', '/members']) await zk.create(path, 'null')
}

/** What one session of a client sees. */
class Visit {
  private readonly observer: Observer
  private readonly node: Node
  private readonly zk: CoordinationSession
  private readonly name: string
  /** By path: the newest version that this session knows of. */
  private readonly seen = new Map<string, number>()
  private readonly watching = new Map<string, { version: number; fired: boolean; on: number }>()
  private count = 0
  /** Rises with every change of the session's state. */
  private readonly connections: () => number

  constructor(
    observer: Observer,
    node: Node,
    zk: CoordinationSession,
    number: number,
    connections: () => number,
  ) {
    this.connections = connections
    this.observer = observer
    this.node = node
    this.zk = zk
    this.name = `${node.name}-${number}`
  }

  async work(end: number): Promise<void> {
    const { node, zk } = this
    await zk.create(`/members/${this.name}`, '', 'ephemeral')
    while (node.clock.monotonic() < end && zk.state !== 'Expired' && zk.state !== 'Closed') {
      const path = node.random.pick(PATHS)
      const dice = node.random.int(10)
      if (dice < 2) await this.write(path)
      else if (dice < 4) await this.cas(path)
      else if (dice < 5) await this.number()
      else if (dice < 6) zk.dropConnection()
      else if (dice < 7 && (await zk.sync(path)).ok) await this.read(path)
      else await this.read(path)
      await node.sleep(node.random.int(100))
    }
    if (zk.state === 'Expired') return
    // Until everybody has stopped writing, also those with a slow clock.
    while (node.clock.monotonic() < end + 3000) await node.sleep(500)
    if (zk.state !== 'SyncConnected') return
    for (const path of PATHS) {
      await zk.sync(path)
      const last = await zk.getData(path)
      if (last.ok)
        this.observer.finals.set(path, Math.max(last.value.stat.version, this.observer.finals.get(path) ?? 0))
    }
    const numbers = await zk.getChildren('/seq')
    if (numbers.ok) this.observer.numbersAtEnd = numbers.value.children
    for (const [path, watch] of this.watching)
      if (!watch.fired) this.observer.armed.push({ path, version: watch.version })
  }

  private write(path: string): Promise<Outcome<unknown>> {
    const value = `${this.name}:${++this.count}`
    return this.node.operation('write', { key: path, value }, async () => {
      const result = await this.zk.setData(path, value)
      if (result.ok) {
        this.observer.wrote(result.value.stat.mzxid, value, path, result.value.stat.version)
        this.knows(path, result.value.stat.version, 'its own write')
        return ok(null)
      }
      return outcomeOf(result)
    })
  }

  /** A conditional write of what was read before, perhaps long ago and perhaps stale. */
  private async cas(path: string): Promise<void> {
    const read = await this.zk.getData(path)
    if (!read.ok) return
    const { data, stat } = read.value
    this.knows(path, stat.version, 'a read')
    const value = `${this.name}:${++this.count}`
    await this.node.operation(
      'cas',
      { key: path, value: [data === 'null' ? null : data, value] },
      async () => {
        const result = await this.zk.setData(path, value, stat.version)
        if (result.ok) {
          this.observer.wrote(result.value.stat.mzxid, value, path, result.value.stat.version)
          this.knows(path, result.value.stat.version, 'its own write')
          return ok(true)
        }
        return result.reason === 'BadVersion' ? ok(false) : outcomeOf(result)
      },
    )
  }

  private async number(): Promise<void> {
    const result = await this.zk.create('/seq/n-', this.name, 'persistent_sequential')
    if (!result.ok) return
    this.observer.wrote(result.value.stat.czxid, result.value.path)
    this.observer.made(result.value.path, this.name)
  }

  private async read(path: string): Promise<void> {
    this.observer.counts.reads++
    const watch = { version: -1, fired: false, on: 0 }
    const before = this.watching.get(path)
    const hadFired = before?.fired === true
    const isFree = before === undefined || hadFired
    const result = await this.zk.getData(
      path,
      isFree
        ? (event) => {
            if (event.type === 'None') return
            this.observer.counts.watches++
            if (watch.fired)
              this.observer.report('watches fire once', `a watch of ${this.name} on ${path} fired twice`)
            watch.fired = true
            watch.on = this.connections()
          }
        : undefined,
    )
    if (!result.ok) return
    const { version } = result.value.stat
    // Events carry no zxid: after one, a client may still be let in by a server that has not seen the change.
    const isSameConnection = before?.on === this.connections()
    if (hadFired && isSameConnection && version <= before.version)
      this.observer.report(
        'watches fire once',
        `a watch of ${this.name} on ${path} fired at version ${before.version} without a change`,
      )
    this.knows(path, version, 'a read')
    if (isFree) {
      watch.version = version
      this.watching.set(path, watch)
    }
  }

  /** The session has been shown this version: never an older one again, and no newer one behind a watch's back. */
  private knows(path: string, version: number, by: string): void {
    const known = this.seen.get(path) ?? 0
    if (version < known)
      this.observer.report(
        'time never runs backwards',
        `${this.name} sees version ${version} of ${path} by ${by} after ${known}`,
      )
    this.seen.set(path, Math.max(version, known))
    const watch = this.watching.get(path)
    if (watch !== undefined && !watch.fired && version > watch.version)
      this.observer.report(
        'watches fire once',
        `${this.name} sees version ${version} of ${path} by ${by} before its watch at ${watch.version} fires`,
      )
  }
}

function outcomeOf(result: Result<unknown>): Outcome<never> {
  if (result.ok) throw new Error('a success is no failure')
  return result.reason === 'ConnectionLoss' ? unknown(result.reason) : fail(result.reason)
}

export interface Observed {
  readonly observer: Observer
  readonly result: RunResult
  /** Verdict of the linearizability check over conditional and unconditional writes. */
  readonly linearizable: string
}

/** The writes of each znode, as a register that can compare and set. */
export const writesAreLinearizable = linearizable({
  model: models.casRegister(),
  by: 'key',
  only: ['write', 'cas'],
})

export interface ObservedSetup extends Partial<Setup> {
  readonly clients?: number
  readonly seed: number
  readonly peer?: MakeEnsemblePeer
  readonly server?: typeof EnsembleServer
  /** When clients stop, in milliseconds. */
  readonly end?: number
}

export async function runObserved(setup: ObservedSetup): Promise<Observed> {
  const { clients = 3, seed, peer, server: Server = EnsembleServer, end = 16_000, until = 24_000 } = setup
  const observer = new Observer()
  const kind = coordinationKind(
    (node, config, zab) => new Server(node, config, zab, observing(observer, peer)),
  )
  const result = await runEnsemble({
    ...setup,
    until,
    scripts: Array.from({ length: clients }, () => worker(observer, end)),
    ensemble: { tick: 300, ...setup.ensemble, kind },
    checks: [writesAreLinearizable],
    run: { seed, ...setup.run },
  })
  observer.finish()
  const verdict = result.checks[0]?.verdict ?? 'missing'
  return { observer, result, linearizable: verdict }
}
