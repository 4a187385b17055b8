/** All sources of random faults, in the order in which simultaneous faults stand in a plan. */
import { degradeSource, holdSource } from './links.ts'
import {
  clockDriftSource,
  clockSkewSource,
  clockStepSource,
  cpuSlowSource,
  diskFullSource,
  diskReadErrorSource,
  diskSlowSource,
  diskSyncLieSource,
} from './machines.ts'
import { partitionSource } from './partitions.ts'
import { crashSource, pauseSource } from './processes.ts'
import type { Source } from './source.ts'

/** Schemas by name, from which the type of descriptions comes. */
export const sourceFields = {
  crash: crashSource.schema,
  pause: pauseSource.schema,
  partition: partitionSource.schema,
  degrade: degradeSource.schema,
  hold: holdSource.schema,
  'clock-skew': clockSkewSource.schema,
  'clock-step': clockStepSource.schema,
  'clock-drift': clockDriftSource.schema,
  'cpu-slow': cpuSlowSource.schema,
  'disk-slow': diskSlowSource.schema,
  'disk-full': diskFullSource.schema,
  'disk-read-error': diskReadErrorSource.schema,
  'disk-sync-lie': diskSyncLieSource.schema,
}

export type SourceName = keyof typeof sourceFields

export const sources: readonly (Source & { readonly name: SourceName })[] = [
  crashSource,
  pauseSource,
  partitionSource,
  degradeSource,
  holdSource,
  clockSkewSource,
  clockStepSource,
  clockDriftSource,
  cpuSlowSource,
  diskSlowSource,
  diskFullSource,
  diskReadErrorSource,
  diskSyncLieSource,
]
