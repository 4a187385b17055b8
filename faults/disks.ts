/**
 * Disks that are full, slow, fail to read, or lie about `sync`. They are the machine's: a crash does not put them right.
 *
 * Ganesan et al., "Redundancy Does Not Imply Fault Tolerance" (FAST 2017), show what single faults of this sort do to
 * replicated stores; drives and controllers that acknowledge a flush they have not done are the classical liars.
 * What a crash does to unsynced writes is in sim/storage/disk-image.ts; tearing them is the crash's switch `torn`.
 */
import type { Control } from '../sim/host/control.ts'
import type { FaultEffect } from '../sim/host/fault.ts'
import { product } from './cpu.ts'
import { duration, slowness, targets } from './fields.ts'
import { faultKind, InForce, named, perRun } from './kind.ts'

interface Disks {
  readonly full: InForce<true>
  readonly readError: InForce<true>
  readonly lieAboutSync: InForce<true>
  readonly slow: InForce<number>
}

const disks = perRun<Disks>(() => ({
  full: new InForce(),
  readError: new InForce(),
  lieAboutSync: new InForce(),
  slow: new InForce(),
}))

const lasting = duration('How long. Left out: for the rest of the run.').optional()

/** Holds a value against each node's disk; `apply` tells the disk what all that is in force comes to. */
function begin<V>(
  control: Control,
  nodes: readonly number[],
  inForce: InForce<V>,
  value: V,
  apply: (id: number, values: readonly V[]) => void,
): FaultEffect {
  const token = {}
  for (const id of nodes) {
    inForce.begin(id, token, value)
    apply(id, inForce.of(id))
  }
  const touched = named(control, nodes)
  return {
    touched,
    end: () => {
      for (const id of nodes) {
        inForce.end(id, token)
        apply(id, inForce.of(id))
      }
      return touched
    },
  }
}

/** A kind that flips one switch of the disk. */
function switchKind<const K extends string>(
  kind: K,
  name: 'full' | 'readError' | 'lieAboutSync',
  about: string,
) {
  return faultKind(
    {
      kind,
      about,
      fields: { node: targets('Whose disks.'), for: lasting },
      example: { at: '2s', node: 'replica[0]', for: '5s' },
    },
    ({ node }, place) => {
      const selectors = place.targets('node', node)
      return (control) =>
        begin(control, control.select(selectors), disks(control)[name], true, (id, held) => {
          control.setDiskFaults(id, { [name]: held.length > 0 })
        })
    },
  )
}

/** `disk-full`: nothing more can be written. */
export const diskFullKind = switchKind(
  'disk-full',
  'full',
  'Fills disks: every append and write fails with ENOSPC. Reading, truncating and removing work.',
)

/** `disk-read-error`: nothing can be read. */
export const diskReadErrorKind = switchKind(
  'disk-read-error',
  'readError',
  'Makes disks fail to read: every read of an existing file fails with EIO. Writing works.',
)

/** `disk-sync-lie`: syncs are acknowledged, and nothing is durable. */
export const diskSyncLieKind = switchKind(
  'disk-sync-lie',
  'lieAboutSync',
  'Makes disks lie: a sync succeeds without making anything durable, so that a crash loses what the node believes to be ' +
    'safe. An honest sync afterwards makes up for it.',
)

/** `disk-slow`: operations take longer. */
export const diskSlowKind = faultKind(
  {
    kind: 'disk-slow',
    about: 'Slows disks down: all latencies grow. Factors of overlapping faults multiply.',
    fields: {
      node: targets('Whose disks.'),
      factor: slowness('How many times slower: 10 means that every operation takes ten times as long.'),
      for: lasting,
    },
    example: { at: '2s', node: 'replica[0]', factor: 20, for: '5s' },
  },
  ({ node, factor }, place) => {
    const selectors = place.targets('node', node)
    return (control) =>
      begin(control, control.select(selectors), disks(control).slow, factor, (id, held) => {
        control.setDiskFaults(id, { slow: product(held) })
      })
  },
)
