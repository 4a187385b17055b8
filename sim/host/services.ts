/** What one run offers to its nodes; made once a run and shared by all incarnations. */
import type { DiskFace } from '../storage/disk-face.ts'
import type { StreamFace } from '../network/stream-face.ts'
import type { NodeClock } from './clock.ts'
import type { DiskService } from './disk-service.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { LocalNode } from './local-node.ts'
import type { Machine } from './machine.ts'
import type { Messaging } from './messaging.ts'
import type { Simulation } from './simulation.ts'
import type { Timers } from './timers.ts'

export interface HostServices {
  readonly sim: Simulation
  readonly messaging: Messaging
  readonly timers: Timers
  readonly lifecycle: Lifecycle
  /** Operation code of a disk operation's end. */
  readonly diskOp: number
  disk(node: LocalNode): DiskFace
  /** The machine's disk, made when first needed. */
  diskOf(machine: Machine): DiskService
  /** The machine's clock, made when first needed (until then it shows true time). */
  clockOf(machine: Machine): NodeClock
  streams(node: LocalNode): StreamFace
}
