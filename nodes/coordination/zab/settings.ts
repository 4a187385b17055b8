/** A server's configuration with its defaults filled in, and what is wrong with one. */
import { CallerError } from 'orrery-sim'

import type { Member, ZabConfig } from './types.ts'
import { COUNTER_MAX } from './zxid.ts'

export interface Settings {
  readonly id: number
  readonly isObserver: boolean
  readonly members: readonly Member[]
  readonly participants: readonly Member[]
  /** Milliseconds. */
  readonly tick: number
  /** Milliseconds: `initLimit` and `syncLimit` ticks. */
  readonly initTimeout: number
  readonly syncTimeout: number
  /** In ticks. */
  readonly initLimit: number
  readonly syncLimit: number
  readonly snapCount: number
  readonly commitLogCount: number
  readonly maxNotificationInterval: number
  readonly counterMax: number
}

/** Throws CallerError for an ensemble without participants, a double id, or an id that is not among the members. */
export function settingsOf(config: ZabConfig): Settings {
  const { id, members, tick = 2000, initLimit = 10, syncLimit = 5 } = config
  const participants = members.filter(({ observer }) => observer !== true)
  if (participants.length === 0) {
    throw new CallerError('an ensemble of 0 participants', { expected: '1 or more: observers do not vote' })
  }
  const self = members.find((member) => member.id === id)
  const ids = members.map((member) => member.id)
  if (self === undefined) throw new CallerError(`server ${id}`, { expected: `one of ${ids.join(', ')}` })
  const double = ids.find((other, index) => ids.indexOf(other) !== index)
  if (double !== undefined)
    throw new CallerError(`two servers with id ${double}`, { expected: 'ids that differ' })
  return {
    id,
    isObserver: self.observer === true,
    members,
    participants,
    tick,
    initLimit,
    syncLimit,
    initTimeout: tick * initLimit,
    syncTimeout: tick * syncLimit,
    snapCount: config.snapCount ?? 100_000,
    commitLogCount: config.commitLogCount ?? 500,
    maxNotificationInterval: config.maxNotificationInterval ?? 60_000,
    counterMax: config.counterMax ?? COUNTER_MAX,
  }
}
