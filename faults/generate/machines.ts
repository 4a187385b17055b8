/**
 * Random faults of clocks, CPUs and disks. Each is drawn over orders of magnitude and kept for a while; steps stay.
 *
 * Disks that are full, fail to read or lie about `sync` are off unless a description names them: few systems promise to
 * survive them, and a node that dies of a disk error stays dead.
 */
import { PPM_MAX, PPM_MIN } from '../../sim/host/clock.ts'
import type { Duration } from '../../sim/kernel/time.ts'
import { micros } from '../../sim/kernel/time.ts'
import type { RandomStream } from '../../sim/kernel/random.ts'
import type { SurveyedNode } from '../../sim/scenario/survey.ts'
import type { FaultSpec } from '../vocabulary.ts'
import { durations, numbers } from './fields.ts'
import { anyone } from './processes.ts'
import type { Scene, Spell } from './scene.ts'
import { magnitude, rounded, roundedWithin, written, writtenSigned } from './scene.ts'
import { source } from './source.ts'

const ROLE_SHARE = 0.25
const SKEW = ['5ms', '5s'] as const

const by = durations("By how much, forwards or back. Default ['5ms', '5s'].")

/** `clock-skew`: wall clocks are off for a while. */
export const clockSkewSource = source(
  {
    name: 'clock-skew',
    usual: true,
    about: 'Wall clocks are ahead or behind for a while.',
    pace: { count: 2, longest: 1 / 2, atMost: 3 },
    fields: { by },
  },
  ({ options, scene, spells, random }) =>
    each(spells, (at, lasting) => ({
      at,
      kind: 'clock-skew',
      node: anyone(scene, scene.targets, ROLE_SHARE, random),
      by: eitherWay(options.by ?? SKEW, scene, random),
      for: lasting,
    })),
)

/** `clock-step`: wall clocks are set. */
export const clockStepSource = source(
  {
    name: 'clock-step',
    usual: true,
    about: 'Wall clocks are set once, forwards or back. `for` means nothing here: a step stays.',
    pace: { count: 2, longest: 1 / 2, atMost: Infinity },
    fields: { by },
  },
  ({ options, scene, spells, random }) =>
    each(spells, (at) => ({
      at,
      kind: 'clock-step',
      node: anyone(scene, scene.targets, ROLE_SHARE, random),
      by: eitherWay(options.by ?? SKEW, scene, random),
    })),
)

const PPM = [100, 200_000] as const

/** `clock-drift`: clocks run at another rate. */
export const clockDriftSource = source(
  {
    name: 'clock-drift',
    usual: true,
    about: 'Clocks and timers run fast or slow for a while.',
    pace: { count: 2, longest: 1 / 2, atMost: 3 },
    fields: {
      ppm: numbers(1, Math.min(PPM_MAX, -PPM_MIN), 'Parts per million, fast or slow. Default [100, 200000].'),
    },
  },
  ({ options, scene, spells, random }) =>
    each(spells, (at, lasting) => ({
      at,
      kind: 'clock-drift',
      node: anyone(scene, scene.targets, ROLE_SHARE, random),
      ppm: Math.round(roundedWithin(options.ppm ?? PPM, random)) * (random.chance(0.5) ? 1 : -1),
      for: lasting,
    })),
)

const factor = numbers(1.001, 1_000_000, 'How many times slower. Default [1.5, 50].')
const FACTOR = [1.5, 50] as const

/** `cpu-slow`: CPUs get slower. */
export const cpuSlowSource = source(
  {
    name: 'cpu-slow',
    usual: true,
    about: 'CPUs get slower for a while.',
    pace: { count: 2, longest: 1 / 5, atMost: 3 },
    fields: { factor },
    possible: ({ targets }) => targets.some(({ cpu }) => cpu) || 'none of the nodes has a CPU model',
  },
  ({ options, scene, spells, random }) =>
    each(spells, (at, lasting) => ({
      at,
      kind: 'cpu-slow',
      node: anyone(
        scene,
        scene.targets.filter(({ cpu }) => cpu),
        0,
        random,
      ),
      factor: roundedWithin(options.factor ?? FACTOR, random),
      for: lasting,
    })),
)

/** `disk-slow`: disks get slower. */
export const diskSlowSource = source(
  {
    name: 'disk-slow',
    usual: true,
    about: 'Disks get slower for a while.',
    pace: { count: 2, longest: 1 / 5, atMost: 3 },
    fields: { factor },
    possible: withDisks,
  },
  ({ options, scene, spells, random }) =>
    each(spells, (at, lasting) => ({
      at,
      kind: 'disk-slow',
      node: anyone(scene, disks(scene), 0, random),
      factor: roundedWithin(options.factor ?? FACTOR, random),
      for: lasting,
    })),
)

function diskSource<const K extends 'disk-full' | 'disk-read-error' | 'disk-sync-lie'>(
  kind: K,
  about: string,
) {
  return source(
    {
      name: kind,
      usual: false,
      about,
      pace: { count: 2, longest: 1 / 8, atMost: 1 },
      fields: {},
      possible: withDisks,
    },
    ({ scene, spells, random }) =>
      each(spells, (at, lasting) => ({
        at,
        kind,
        node: anyone(scene, disks(scene), 0, random),
        for: lasting,
      })),
  )
}

/** `disk-full`: disks are full for a while. */
export const diskFullSource = diskSource('disk-full', 'Disks are full for a while. Off unless named.')
/** `disk-read-error`: disks cannot be read for a while. */
export const diskReadErrorSource = diskSource(
  'disk-read-error',
  'Disks fail to read for a while. Off unless named.',
)
/** `disk-sync-lie`: disks lie for a while. */
export const diskSyncLieSource = diskSource(
  'disk-sync-lie',
  'Disks acknowledge syncs that they do not do, for a while. Off unless named.',
)

function each(
  spells: Iterable<Spell>,
  make: (at: Duration, lasting: Duration) => FaultSpec,
): readonly FaultSpec[] {
  return Array.from(spells, ({ at, lasting }) => make(written(at), written(lasting)))
}

function withDisks({ targets }: Scene): true | string {
  return targets.some(({ disk }) => disk) || 'none of the nodes has a disk'
}

function disks({ targets }: Scene): readonly SurveyedNode[] {
  return targets.filter(({ disk }) => disk)
}

function eitherWay(range: readonly [Duration, Duration], { quantum }: Scene, random: RandomStream): Duration {
  const [low, high] = range.map((end) => micros(end, 'by')) as [number, number]
  const us = Math.max(quantum, Math.round(rounded(magnitude([low, high], random)) / quantum) * quantum)
  return writtenSigned(random.chance(0.5) ? us : -us)
}
