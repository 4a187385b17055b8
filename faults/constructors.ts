/**
 * Faults as typed calls: `crash({ at: '2s', node: 'role:leader', for: '3s' })` is `{ at: '2s', kind: 'crash', ... }`.
 * They only put the kind in; what they are given is checked when the plan is prepared, like any other fault.
 */
import type { clockDriftKind, clockSkewKind, clockStepKind } from './clocks.ts'
import type { cpuSlowKind } from './cpu.ts'
import type { diskFullKind, diskReadErrorKind, diskSlowKind, diskSyncLieKind } from './disks.ts'
import type { FaultKind, FaultOf } from './kind.ts'
import type { crashKind, pauseKind, restartKind, resumeKind } from './lifecycle.ts'
import type { degradeKind, holdKind, releaseKind } from './links.ts'
import type {
  healKind,
  isolateKind,
  partitionKind,
  partitionOneWayKind,
  partitionRingKind,
} from './partitions.ts'

/** The fault that a kind declares. */
type Of<D> = D extends FaultKind<infer K, infer F> ? FaultOf<K, F> : never

function of<D extends { readonly kind: string }>(kind: D['kind']): (fields: Omit<Of<D>, 'kind'>) => Of<D> {
  return ({ at, ...fields }: { readonly at?: unknown }) => ({ at, kind, ...fields }) as unknown as Of<D>
}

/** Crashes nodes; with `for` they restart after that time. */
export const crash = of<typeof crashKind>('crash')
/** Restarts nodes that are down. */
export const restart = of<typeof restartKind>('restart')
/** Pauses nodes: nothing on them runs, and they are not told. */
export const pause = of<typeof pauseKind>('pause')
/** Resumes paused nodes. */
export const resume = of<typeof resumeKind>('resume')
/** Partitions the network into groups that cannot reach each other. */
export const partition = of<typeof partitionKind>('partition')
/** Cuts nodes off from everyone. */
export const isolate = of<typeof isolateKind>('isolate')
/** Cuts one direction between two sets of nodes. */
export const partitionOneWay = of<typeof partitionOneWayKind>('partition-one-way')
/** Leaves each node of a ring only its two neighbours. */
export const partitionRing = of<typeof partitionRingKind>('partition-ring')
/** Ends every cut. */
export const heal = of<typeof healKind>('heal')
/** Worsens links: delay, loss, duplication, reordering, corruption, bandwidth. */
export const degrade = of<typeof degradeKind>('degrade')
/** Keeps messages back. */
export const hold = of<typeof holdKind>('hold')
/** Lets go everything that is held. */
export const release = of<typeof releaseKind>('release')
/** Puts wall clocks ahead or behind for a while. */
export const clockSkew = of<typeof clockSkewKind>('clock-skew')
/** Sets wall clocks forwards or back once. */
export const clockStep = of<typeof clockStepKind>('clock-step')
/** Lets clocks run fast or slow. */
export const clockDrift = of<typeof clockDriftKind>('clock-drift')
/** Slows CPUs down. */
export const cpuSlow = of<typeof cpuSlowKind>('cpu-slow')
/** Fills disks. */
export const diskFull = of<typeof diskFullKind>('disk-full')
/** Slows disks down. */
export const diskSlow = of<typeof diskSlowKind>('disk-slow')
/** Makes reads from disks fail. */
export const diskReadError = of<typeof diskReadErrorKind>('disk-read-error')
/** Makes disks acknowledge syncs that they do not do. */
export const diskSyncLie = of<typeof diskSyncLieKind>('disk-sync-lie')
