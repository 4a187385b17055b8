/**
 * A machine's disk in the event loop: operations are served one after the other, take their latency, and are applied
 * when it is over. What a crash interrupts never happened.
 */
import { CallerError } from '../kernel/errors.ts'
import { PRIORITY_ORDINARY } from '../kernel/kernel.ts'
import type { RandomStream } from '../kernel/random.ts'
import type { DiskFace, DiskOptions } from '../storage/disk-face.ts'
import type { DiskFaults } from '../storage/disk-image.ts'
import { DiskError, DiskImage } from '../storage/disk-image.ts'
import type { DiskOperation } from '../storage/disk-latency.ts'
import { DiskTimes } from '../storage/disk-latency.ts'
import type { LocalNode } from './local-node.ts'
import type { Machine } from './machine.ts'
import type { HostServices } from './services.ts'
import { Wait } from './tasks.ts'

/** What a record says about an operation: the name, the file, and how it ended if not well. */
interface Request {
  readonly name: string
  readonly file: string
  readonly wait: Wait
  readonly cause: number
  readonly apply: () => unknown
}

export class DiskService {
  readonly image: DiskImage
  private readonly services: HostServices
  private readonly machine: Machine
  private readonly times: DiskTimes
  private readonly doneOp: number
  private readonly random: RandomStream
  private freeAt = 0
  /** What is not done yet, oldest first. */
  private queue: Request[] = []
  private tearNext = false

  constructor(services: HostServices, machine: Machine, options: DiskOptions) {
    this.services = services
    this.machine = machine
    this.image = new DiskImage(options.capacity)
    this.times = new DiskTimes(options.latency ?? {}, `disk of ${machine.name}`)
    this.random = services.sim.random.member('disk', machine.name)
    this.doneOp = services.diskOp
  }

  setFaults(faults: Partial<DiskFaults>): void {
    this.image.setFaults(faults)
  }

  get faults(): DiskFaults {
    return this.image.faults
  }

  /** The next crash may leave half of the last unsynced write. */
  tearNextCrash(torn = true): void {
    this.tearNext = torn
  }

  /** The machine crashed: what was not synced is lost. */
  crash(): void {
    const loss = this.image.crash({ torn: this.tearNext }, this.random)
    this.tearNext = false
    this.freeAt = 0
    if (loss.entries > 0 || loss.directoryChanges > 0 || loss.tornFiles.length > 0) {
      this.services.sim.note('disk', this.machine.id, 'lost', {
        entries: loss.entries,
        directoryChanges: loss.directoryChanges,
        tornFiles: loss.tornFiles,
      })
    }
  }

  faceFor(node: LocalNode): DiskFace {
    const { walker } = this.services.sim.recorder
    const kept = (value: unknown, file: string): { value: unknown; size: number } => {
      const copy = walker.copy(value, `disk file ${file}`)
      return { value: copy, size: walker.size }
    }
    const { image } = this
    return {
      append: (file, entry) => {
        const { value, size } = kept(entry, file)
        return this.submit(node, 'append', 'append', file, size, () => {
          image.append(file, value, size)
        })
      },
      write: (file, entries) => {
        const list = entries.map((entry) => kept(entry, file))
        const size = list.reduce((sum, entry) => sum + entry.size, 0)
        return this.submit(node, 'write', 'append', file, size, () => {
          image.write(file, list)
        })
      },
      read: <T>(file: string) =>
        this.submit(node, 'read', 'read', file, image.bytes(file), () =>
          image.read(file).map((entry) => walker.copy(entry, `disk file ${file}`) as T),
        ),
      truncate: (file, count) => {
        if (!Number.isSafeInteger(count) || count < 0) {
          throw new CallerError(`disk.truncate(${file}): count ${count}`, {
            expected: 'a whole number, 0 or more',
          })
        }
        return this.submit(node, 'truncate', 'append', file, 0, () => {
          image.truncate(file, count)
        })
      },
      remove: (file) =>
        this.submit(node, 'remove', 'append', file, 0, () => {
          image.remove(file)
        }),
      rename: (from, to) =>
        this.submit(node, 'rename', 'append', from, 0, () => {
          image.rename(from, to)
        }),
      sync: (file) =>
        this.submit(node, 'sync', 'sync', file ?? '', image.unsyncedBytes(file), () => {
          image.sync(file)
        }),
      list: () => this.submit(node, 'list', 'read', '', 0, () => image.list()),
    }
  }

  private submit<T>(
    node: LocalNode,
    name: string,
    operation: DiskOperation,
    file: string,
    bytes: number,
    apply: () => T,
  ): Promise<T> {
    const { sim } = this.services
    const promise = new Promise<T>((resolve, reject) => {
      const { kernel } = sim
      const task = sim.currentTask(node)
      task.pending++
      const latency = this.times.instant
        ? 0
        : this.times.latency(operation, bytes, this.image.faults.slow, this.random)
      this.freeAt = Math.max(this.freeAt, kernel.now) + latency
      const wait = new Wait(node, task, resolve, reject)
      const request: Request = { name, file, wait, cause: kernel.cause, apply }
      this.queue.push(request)
      kernel.schedule(
        this.freeAt,
        PRIORITY_ORDINARY,
        this.doneOp,
        this.machine.id,
        0,
        0,
        kernel.cause,
        request,
      )
    })
    // Whoever awaits it gets the error all the same. A failure that nobody awaits stands in the record; it must not end
    // the process that simulates.
    promise.catch(() => undefined)
    return promise
  }

  /** An operation's time is over: it happens now, whether or not the process is running to see it. */
  done(ref: unknown): void {
    const { sim } = this.services
    if (!(ref as Request).wait.node.alive) return
    // Of several that end at one instant the oldest is first, even where events at an instant come in any order.
    let next = this.queue.shift() as Request
    while (!next.wait.node.alive) next = this.queue.shift() as Request
    const { wait, name, file, cause, apply } = next
    sim.beginWorld(cause)
    let settle: () => void
    let error: DiskError | undefined
    try {
      const value = apply()
      settle = () => {
        wait.resolve(value as never)
      }
    } catch (thrown) {
      if (!(thrown instanceof DiskError)) throw thrown
      error = thrown
      const failure = thrown
      settle = () => {
        wait.reject?.(failure)
      }
    }
    const record = sim.note(
      'disk',
      this.machine.id,
      name,
      error === undefined ? { file } : { file, error: error.code },
    )
    sim.enter(this.machine, this.tell, 0, 0, 0, record, { wait, settle })
  }

  private readonly tell = (machine: Machine, _b: number, _c: number, cause: number, ref: unknown): void => {
    const { wait, settle } = ref as { readonly wait: Wait; readonly settle: () => void }
    if (!wait.node.alive) return
    this.services.sim.resume(machine, wait.task, cause)
    settle()
  }
}
