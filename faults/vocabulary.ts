/**
 * All kinds of faults, as the simulator wants them: named, checked, ready to fire. README.md lists what each does.
 */
import type { z } from 'zod'
import type { Control } from '../sim/host/control.ts'
import type { FaultVocabulary, PreparedFault } from '../sim/host/fault.ts'
import type { Selectable } from '../sim/host/selectors.ts'
import { CallerError, show } from '../sim/kernel/errors.ts'
import { unknownName } from '../sim/kernel/nearest.ts'
import type { Duration } from '../sim/kernel/time.ts'
import { micros } from '../sim/kernel/time.ts'
import { clockDriftKind, clockSkewKind, clockStepKind } from './clocks.ts'
import { cpuSlowKind } from './cpu.ts'
import { diskFullKind, diskReadErrorKind, diskSlowKind, diskSyncLieKind } from './disks.ts'
import { refusal } from './issues.ts'
import type { Begin, FaultKind, FaultOf } from './kind.ts'
import { perRun, Place } from './kind.ts'
import { crashKind, pauseKind, restartKind, resumeKind } from './lifecycle.ts'
import { degradeKind, holdKind, releaseKind } from './links.ts'
import { healKind, isolateKind, partitionKind, partitionOneWayKind, partitionRingKind } from './partitions.ts'

/** Every kind, in the order of README.md. */
export const kinds = [
  crashKind,
  restartKind,
  pauseKind,
  resumeKind,
  partitionKind,
  isolateKind,
  partitionOneWayKind,
  partitionRingKind,
  healKind,
  degradeKind,
  holdKind,
  releaseKind,
  clockSkewKind,
  clockStepKind,
  clockDriftKind,
  cpuSlowKind,
  diskFullKind,
  diskSlowKind,
  diskReadErrorKind,
  diskSyncLieKind,
] as const

type SpecOf<D> = D extends FaultKind<infer K, infer F> ? FaultOf<K, F> : never

/** A fault of any kind, as data: what plans are made of. */
export type FaultSpec = SpecOf<(typeof kinds)[number]>

/** What all kinds have in common once a fault's kind is known only at run time. */
interface AnyKind {
  readonly kind: string
  readonly schema: z.ZodType
  readonly prepare: (fault: never, place: Place) => Begin
}

const byName: ReadonlyMap<string, AnyKind> = new Map(kinds.map((kind: AnyKind) => [kind.kind, kind]))

// The nodes of a run are known when its plan is prepared and never change.
const nodesOf = perRun(() => ({ known: undefined as readonly Selectable[] | undefined }))

/** The vocabulary to be registered with the simulator. */
export const vocabulary: FaultVocabulary = {
  kinds: [...byName.keys()],
  prepare(fault: unknown, where: string, control: Control): PreparedFault {
    const cache = nodesOf(control)
    cache.known ??= control.nodes
    return prepare(fault, new Place(where, cache.known))
  },
}

/**
 * Checks a fault without knowing the nodes: everything but whether its selectors can match. Returns it in its normal
 * form: fields in the order of the kind, nothing undefined.
 *
 * @param where its place, such as `plan[2]`
 * @throws CallerError for an unknown kind or field, or a value of a wrong type or range
 */
export function checkFault(fault: unknown, where: string): FaultSpec {
  return prepare(fault, new Place(where)).fault as FaultSpec
}

function prepare(fault: unknown, place: Place): PreparedFault {
  const { where } = place
  if (typeof fault !== 'object' || fault === null || Array.isArray(fault)) {
    throw new CallerError(show(fault), {
      where,
      expected: "a fault such as { at: '2s', kind: 'crash', node: 'all' }",
    })
  }
  const name: unknown = (fault as { readonly kind?: unknown }).kind
  if (name === undefined) {
    throw new CallerError('kind is missing', { where, expected: `one of ${vocabulary.kinds.join(', ')}` })
  }
  const kind = typeof name === 'string' ? byName.get(name) : undefined
  if (kind === undefined) {
    throw unknownName(
      'kind of fault',
      typeof name === 'string' ? name : show(name),
      byName.keys(),
      place.field('kind'),
    )
  }
  const parsed = kind.schema.safeParse(fault)
  if (!parsed.success) throw refusal(kind.schema, parsed.error, fault, where)
  const normal = withoutUndefined(parsed.data as FaultSpec)
  const lasting = (normal as { readonly for?: Duration }).for
  return {
    fault: normal,
    at: micros(normal.at, place.field('at')),
    duration: lasting === undefined ? undefined : micros(lasting, place.field('for')),
    begin: kind.prepare(normal as never, place),
  }
}

// What a program writes as undefined was left out, and JSON would not keep it.
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T
}
