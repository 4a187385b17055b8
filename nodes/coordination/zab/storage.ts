/**
 * What a server keeps on its disk: the two epochs, the transaction log, snapshots. After ZooKeeper's
 * `SyncRequestProcessor` (all that waited is written and synced at once; a snapshot and a new log file every `snapCount`
 * transactions), `FileTxnLog`, `FileSnap` and `AtomicFileOutputStream` (the epochs).
 *
 * Files: `acceptedEpoch`, `currentEpoch` (one number each), `log.<zxid of its first transaction>` with one entry for each
 * write, `snapshot.<zxid>`. A write of several transactions is one entry: half of it can only be the last one before a
 * power failure, of which nobody was told. What must not be half done goes to a temporary name and is renamed.
 *
 * The three newest snapshots are kept, with the log after the oldest of them (`autopurge.snapRetainCount`). Unlike the
 * real one, a snapshot shows the state after one transaction exactly: nothing is applied while it is taken.
 */
import type { Node } from 'orrery-sim'
import { isTorn } from 'orrery-sim'

import type { Database, Entry } from './database.ts'
import { runsOf } from './database.ts'
import type { Run } from './messages.ts'
import { hexZxid } from './zxid.ts'

const LOG = 'log.'
const SNAPSHOT = 'snapshot.'
const TEMPORARY = 'temporary.'
const SNAPSHOTS_KEPT = 3

interface Stored {
  readonly zxid: number
  readonly snapshot: unknown
}

export class Storage<T> {
  acceptedEpoch = 0
  currentEpoch = 0
  /** The last transaction handed in; on disk once `syncedZxid` has reached it. */
  lastLogged = 0
  syncedZxid = 0
  /** Called when everything up to this zxid is on disk. */
  onSynced: (zxid: number) => void = () => undefined
  protected readonly node: Node
  private readonly database: Database<T>
  private readonly snapCount: number
  /** What waits for the disk. */
  private waiting: Entry<T>[] = []
  private isWriting = false
  /** The file to which the log goes on; '' until there is one. */
  private logFile = ''
  private sinceSnapshot = 0
  private snapshotDue = 0

  constructor(node: Node, database: Database<T>, snapCount: number) {
    this.node = node
    this.database = database
    this.snapCount = snapCount
  }

  /** Reads everything and makes the state from it: the newest snapshot and all of the log after it. */
  async recover(): Promise<void> {
    this.acceptedEpoch = await this.readEpoch('acceptedEpoch')
    this.currentEpoch = await this.readEpoch('currentEpoch')
    await this.load()
    this.drawSnapshotDue()
  }

  /** Starts the writer; to be called once in an incarnation. */
  start(): void {
    this.node.after(0, async () => {
      for (;;) {
        await this.node.until(() => this.waiting.length > 0)
        this.isWriting = true
        await this.writeWaiting()
        await this.snapshotIfDue()
        this.isWriting = false
      }
    })
  }

  /** Hands a transaction to the log; `onSynced` tells when it is safe. */
  append(zxid: number, txn: T): void {
    this.lastLogged = zxid
    this.waiting.push({ zxid, txn })
  }

  /** Waits until all that was handed in is on disk. */
  async idle(): Promise<void> {
    await this.node.until(() => !this.isWriting && this.waiting.length === 0)
  }

  async setAcceptedEpoch(epoch: number): Promise<void> {
    await this.writeAtomically('acceptedEpoch', [epoch])
    this.acceptedEpoch = epoch
  }

  async setCurrentEpoch(epoch: number): Promise<void> {
    await this.writeAtomically('currentEpoch', [epoch])
    this.currentEpoch = epoch
  }

  /** The state as it is now, which came from elsewhere, takes the place of everything on disk. */
  async install(): Promise<void> {
    this.lastLogged = this.database.lastZxid
    this.syncedZxid = this.lastLogged
    await this.writeSnapshot()
    await this.remove(LOG, () => true)
    await this.node.disk.sync()
  }

  /** Forgets everything after a transaction, and makes the state anew from what is left. */
  async truncate(zxid: number): Promise<void> {
    const { disk } = this.node
    const end = hexZxid(zxid)
    await this.remove(SNAPSHOT, (name) => name > end)
    await this.remove(LOG, (name) => name > end)
    const last = (await this.files(LOG)).at(-1)
    if (last !== undefined) {
      const entries = await disk.read<Run<T>>(last)
      const kept = entries
        .map((run) => ({ zxid: run.zxid, txns: run.txns.slice(0, Math.max(0, zxid - run.zxid + 1)) }))
        .filter(({ txns }) => txns.length > 0)
      // Not in place: a crash in between must not cost what was acknowledged.
      await this.writeAtomically(last, kept)
    }
    await disk.sync()
    await this.load()
  }

  /** Makes a file durable; all that is acknowledged depends on it. */
  protected async sync(file: string): Promise<void> {
    await this.node.disk.sync(file)
  }

  private async writeWaiting(): Promise<void> {
    const entries = this.waiting
    this.waiting = []
    if (this.logFile === '') this.logFile = LOG + hexZxid((entries[0] as Entry<T>).zxid)
    const file = this.logFile
    const { disk } = this.node
    await Promise.all([...runsOf(entries).map((run) => disk.append(file, run)), this.sync(file)])
    this.sinceSnapshot += entries.length
    this.syncedZxid = (entries[entries.length - 1] as Entry<T>).zxid
    this.onSynced(this.syncedZxid)
  }

  private async snapshotIfDue(): Promise<void> {
    if (this.sinceSnapshot < this.snapshotDue) return
    this.drawSnapshotDue()
    await this.writeSnapshot()
  }

  private async load(): Promise<void> {
    const { disk } = this.node
    const newest = (await this.files(SNAPSHOT)).at(-1)
    const [stored] = newest === undefined ? [] : await disk.read<Stored>(newest)
    this.database.restore(stored?.snapshot, stored?.zxid ?? 0)
    this.lastLogged = this.database.lastZxid
    this.sinceSnapshot = 0
    this.logFile = ''
    for (const file of await this.files(LOG)) {
      this.logFile = file
      await this.replay(file)
    }
    this.syncedZxid = this.lastLogged
  }

  private async replay(file: string): Promise<void> {
    const { disk } = this.node
    const entries = await disk.read<Run<T>>(file)
    const torn = entries.findIndex(isTorn)
    if (torn >= 0) {
      await disk.truncate(file, torn)
      await disk.sync(file)
    }
    for (const { zxid, txns } of torn < 0 ? entries : entries.slice(0, torn)) {
      txns.forEach((txn, index) => {
        if (zxid + index <= this.lastLogged) return
        this.lastLogged = zxid + index
        this.sinceSnapshot++
        this.database.apply(zxid + index, txn)
      })
    }
  }

  /** The state becomes durable under its zxid, a new log file begins, and what is older than needed goes. */
  private async writeSnapshot(): Promise<void> {
    const { machine } = this.database
    const stored: Stored = { zxid: machine.lastZxid, snapshot: machine.snapshot() }
    this.sinceSnapshot = 0
    await this.writeAtomically(SNAPSHOT + hexZxid(stored.zxid), [stored])
    this.logFile = LOG + hexZxid(this.syncedZxid + 1)
    const snapshots = (await this.files(SNAPSHOT)).slice(-SNAPSHOTS_KEPT)
    const oldest = (snapshots[0] as string).slice(SNAPSHOT.length)
    await this.remove(SNAPSHOT, (name) => name < oldest)
    // A log file can go when the next one begins at the oldest snapshot or before it.
    const logs = (await this.files(LOG)).map((file) => file.slice(LOG.length))
    await this.remove(LOG, (name) => (logs[logs.indexOf(name) + 1] ?? 'none') <= oldest)
  }

  private async files(prefix: string): Promise<readonly string[]> {
    return (await this.node.disk.list()).filter((file) => file.startsWith(prefix))
  }

  private async remove(prefix: string, condition: (zxid: string) => boolean): Promise<void> {
    for (const file of await this.files(prefix)) {
      if (condition(file.slice(prefix.length))) await this.node.disk.remove(file)
    }
  }

  private async readEpoch(file: 'acceptedEpoch' | 'currentEpoch'): Promise<number> {
    const [epoch = 0] = await this.node.disk.read<number>(file)
    return epoch
  }

  private async writeAtomically(file: string, entries: readonly unknown[]): Promise<void> {
    const { disk } = this.node
    const temporary = TEMPORARY + file
    await disk.write(temporary, entries)
    await disk.sync(temporary)
    await disk.rename(temporary, file)
    await disk.sync()
  }

  /** Servers draw differently, so that they do not all stop for a snapshot at once. */
  private drawSnapshotDue(): void {
    this.snapshotDue = Math.floor(this.snapCount / 2) + this.node.random.int(Math.ceil(this.snapCount / 2))
  }
}
