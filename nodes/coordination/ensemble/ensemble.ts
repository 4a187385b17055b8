/**
 * Adding an ensemble to a scenario's cluster.
 *
 *     const servers = ensemble(setup, { participants: 3, tick: 2000 })
 *     setup.add(worker, 10, { servers })
 *
 * Which sizes are allowed is what QuorumPeerConfig of ZooKeeper 3.8 allows, in its words.
 */
import type { Address, ClusterSetup } from 'orrery-sim'
import { CallerError } from 'orrery-sim'

import type { ZabConfig } from '../zab/index.ts'
import type { CoordinationConfig, CoordinationServer } from './kind.ts'
import { coordinationServer } from './kind.ts'

type Limits = Omit<ZabConfig, 'id' | 'members' | 'tick'>

export interface EnsembleOptions extends Omit<CoordinationConfig, 'ensemble'>, Limits {
  /** Servers that vote, `coordination[0]` onwards, with ids from 1. Default 3; 1 is a server on its own. */
  readonly participants?: number
  /** Servers after them that do not vote. Default 0. */
  readonly observers?: number
  /** The kind to add; default the real one. */
  readonly kind?: typeof coordinationServer
}

/** Adds the servers and gives their addresses, participants first. Throws CallerError for an impossible size. */
export function ensemble(
  { add }: Pick<ClusterSetup<unknown>, 'add'>,
  options: EnsembleOptions = {},
): readonly Address<CoordinationServer>[] {
  const { participants = 3, observers = 0, kind = coordinationServer, ...config } = options
  const problem = ensembleProblem(participants, observers)
  if (problem !== undefined) {
    throw new CallerError(`an ensemble of ${participants} participants and ${observers} observers`, {
      expected: problem,
    })
  }
  if (participants === 1) return add(kind, 1, config)
  return add(kind, participants + observers, (index, addresses) => ({
    ...config,
    ensemble: {
      ...config,
      id: index + 1,
      members: addresses.map((address, other) => ({
        id: other + 1,
        address,
        observer: other >= participants,
      })),
    },
  }))
}

/** What is wrong with an ensemble of this size; undefined if it can be. */
export function ensembleProblem(participants: number, observers = 0): string | undefined {
  for (const count of [participants, observers])
    if (!Number.isSafeInteger(count) || count < 0) return 'whole numbers, 0 or more'
  if (participants === 0) {
    return observers > 0
      ? 'participants: Observers w/o participants is an invalid configuration'
      : 'number of participants should be >0'
  }
  if (participants === 1 && observers > 0)
    return 'no observers: Observers w/o quorum is an invalid configuration'
  return undefined
}

/** What the real server warns of for an ensemble of this size; undefined if nothing. */
export function ensembleWarning(participants: number): string | undefined {
  if (participants === 2) return 'No server failure will be tolerated. You need at least 3 servers.'
  if (participants > 1 && participants % 2 === 0)
    return 'Non-optimal configuration, consider an odd number of servers.'
  return undefined
}
