/**
 * The transaction log and the snapshots of a standalone server on its disk. Transactions that wait together are one entry
 * of the log and share one sync. A snapshot begins a new log file and, once it is durable, removes the old ones.
 *
 * Source: SyncRequestProcessor, FileTxnLog and FileTxnSnapLog of ZooKeeper 3.8. Left out: several snapshots kept
 * (autopurge), preallocation; the number of transactions between snapshots is not randomised.
 */
import type { Node } from 'orrery-sim'
import { isTorn } from 'orrery-sim'

import type { Snapshot } from '../data/snapshot.ts'
import { restore, snapshotOf } from '../data/snapshot.ts'
import type { Database, Txn } from '../data/transactions.ts'
import { apply, emptyDatabase } from '../data/transactions.ts'

/** Zxids rise by one from `first`. */
interface LogEntry {
  readonly first: number
  readonly txns: readonly Txn[]
}

const SNAPSHOT = 'snapshot'
const NEW_SNAPSHOT = 'snapshot.new'
const LOG = /^log\.[0-9a-f]{16}$/

/** Names sort as the zxids do. */
function logName(firstZxid: number): string {
  return `log.${firstZxid.toString(16).padStart(16, '0')}`
}

/** The database as the disk has it: the snapshot, and every transaction of the logs after it. */
export async function recoverDatabase({ disk }: Node): Promise<Database> {
  const files = await disk.list()
  const [snapshot] = files.includes(SNAPSHOT) ? await disk.read<Snapshot>(SNAPSHOT) : []
  const database = snapshot === undefined ? emptyDatabase() : restore(snapshot)
  for (const file of files.filter((name) => LOG.test(name))) {
    const entries = await disk.read<LogEntry>(file)
    // Half an entry can only be the last one written when the power failed: nobody was told that it was done.
    const torn = entries.findIndex(isTorn)
    for (const { first, txns } of torn < 0 ? entries : entries.slice(0, torn)) {
      let zxid = first
      for (const txn of txns) {
        if (zxid > database.lastZxid) apply(database, zxid, txn)
        zxid++
      }
    }
    if (torn < 0) continue
    await disk.truncate(file, torn)
    await disk.sync(file)
  }
  return database
}

export class TransactionLog {
  private readonly node: Node
  private readonly database: Database
  private readonly snapCount: number
  private readonly committed: (zxid: number, txn: Txn) => void
  private readonly delivered: () => void
  private file: string
  private waiting: Txn[] = []
  private firstWaiting = 0
  private writing = false
  private sinceSnapshot = 0
  private snapshotting = false

  /**
   * @param snapCount transactions between two snapshots
   * @param committed called with each transaction once it is durable, in order
   * @param delivered called after each group of them
   */
  constructor(
    node: Node,
    database: Database,
    snapCount: number,
    committed: (zxid: number, txn: Txn) => void,
    delivered: () => void,
  ) {
    this.node = node
    this.database = database
    this.snapCount = snapCount
    this.committed = committed
    this.delivered = delivered
    this.file = logName(database.lastZxid + 1)
  }

  /** Adds a transaction; its zxid is one more than the last one's. */
  append(zxid: number, txn: Txn): void {
    if (this.waiting.length === 0) this.firstWaiting = zxid
    this.waiting.push(txn)
    if (this.writing) return
    this.writing = true
    // In a task of its own, so that what else arrives at this instant goes into the same group.
    this.node.after(0, () => this.write())
  }

  private async write(): Promise<void> {
    const { disk } = this.node
    while (this.waiting.length > 0) {
      const txns = this.waiting
      const first = this.firstWaiting
      this.waiting = []
      await disk.append(this.file, { first, txns } satisfies LogEntry)
      await disk.sync(this.file)
      let zxid = first
      for (const txn of txns) this.committed(zxid++, txn)
      this.delivered()
      this.sinceSnapshot += txns.length
      if (this.sinceSnapshot >= this.snapCount && !this.snapshotting) this.snapshot()
    }
    this.writing = false
  }

  private snapshot(): void {
    const snapshot = snapshotOf(this.database)
    this.sinceSnapshot = 0
    this.snapshotting = true
    const file = (this.file = logName(snapshot.lastZxid + 1))
    this.node.after(0, async ({ disk }) => {
      await disk.write(NEW_SNAPSHOT, [snapshot])
      await disk.sync(NEW_SNAPSHOT)
      await disk.rename(NEW_SNAPSHOT, SNAPSHOT)
      await disk.sync()
      for (const name of await disk.list()) if (LOG.test(name) && name < file) await disk.remove(name)
      this.snapshotting = false
    })
  }
}
