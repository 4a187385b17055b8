/**
 * The four session guarantees of Terry et al., "Session Guarantees for Weakly Consistent Replicated Data" (PDIS 1994), for
 * versioned registers. A session is what one client does, one operation after the other; operations of one client that
 * overlap say nothing about each other.
 *
 *  - read your writes: a read returns no version older than one that its session has written;
 *  - monotonic reads: a read returns no version older than one that its session has read;
 *  - monotonic writes: a write gets a newer version than those its session has written before; and who has seen a
 *    write sees, on every register, what the writer had written before it;
 *  - writes follow reads: a write gets a newer version than those its session has read before; and who has seen a write
 *    sees, on every register, what the writer had read before it.
 *
 * Each is judged alone: "had seen" reaches one step back, as in the paper, not along chains (that would be causality).
 */
import type { Operation } from '../host/history.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { nearest } from '../kernel/nearest.ts'
import { formatTime } from '../kernel/time.ts'
import type { Check, CheckResult, Violation } from './check.ts'
import type { Access, Compare, VersionOptions } from './versions.ts'
import { accessesOf, accessText, compareOf, ofRegister } from './versions.ts'

export type SessionGuarantee =
  'read your writes' | 'monotonic reads' | 'monotonic writes' | 'writes follow reads'

export const SESSION_GUARANTEES: readonly SessionGuarantee[] = [
  'read your writes',
  'monotonic reads',
  'monotonic writes',
  'writes follow reads',
]

export interface SessionOptions<V> extends VersionOptions<V> {
  /** Which guarantees. Default: all four. */
  readonly guarantees?: readonly SessionGuarantee[]
}

/** A violated guarantee, with the operations that contradict each other, in order of beginning. */
export interface SessionViolation extends Violation {
  readonly guarantee: SessionGuarantee
  readonly operations: readonly Operation[]
}

/**
 * The session guarantees hold for every client. Observations: operations that a guarantee demanded something of. Of
 * several violations the one that ended first is told.
 */
export function sessions<V>(options: SessionOptions<V> = {}): Check {
  const { guarantees = SESSION_GUARANTEES, by } = options
  for (const one of guarantees) {
    if (SESSION_GUARANTEES.includes(one)) continue
    const close = nearest(one, SESSION_GUARANTEES)
    throw new CallerError(`unknown session guarantee ${show(one)}`, {
      where: 'sessions: guarantees',
      expected: SESSION_GUARANTEES.join(', '),
      ...(close === undefined ? {} : { hint: `did you mean '${close}'?` }),
    })
  }
  const all = guarantees.length === SESSION_GUARANTEES.length
  const name = `${all ? 'session guarantees' : guarantees.join(', ')}${by === undefined ? '' : ` (by ${by})`}`
  return {
    name,
    begin: ({ world }) => ({ finish: () => judgeSessions(name, world.operations, guarantees, options) }),
  }
}

/** What a session demands of later operations on a register: at least this version, because of that operation. */
type Demands<V> = Map<string, Access<V>>

interface Session<V> {
  readonly written: Demands<V>
  readonly read: Demands<V>
  /** What the writers of what it has seen had written and read before. */
  readonly behindWrites: Map<string, Behind<V>>
  readonly behindReads: Map<string, Behind<V>>
}

/** A demand that came with a write that was seen. */
interface Behind<V> {
  readonly demand: Access<V>
  readonly write: Access<V>
  readonly seenBy: Access<V>
}

/** What its writer had done before a write. */
interface Past<V> {
  readonly write: Access<V>
  readonly written: Demands<V>
  readonly read: Demands<V>
}

function judgeSessions<V>(
  name: string,
  operations: readonly Operation[],
  guarantees: readonly SessionGuarantee[],
  options: VersionOptions<V>,
): CheckResult {
  const compare = compareOf(options)
  const accesses = accessesOf(operations, options)
  const wanted = new Set(guarantees)
  const found: SessionViolation[] = []
  let observations = 0
  const demand = (
    guarantee: SessionGuarantee,
    late: Access<V>,
    least: 0 | 1,
    of: Access<V> | undefined,
    through: readonly Access<V>[] = [],
  ): void => {
    if (of === undefined || !wanted.has(guarantee)) return
    observations++
    if (Math.sign(compare(late.version, of.version)) >= least) return
    found.push(violationOf(guarantee, late, of, through))
  }

  const pasts = pastsOf(accesses, compare)
  for (const own of bySession(accesses)) {
    const session: Session<V> = {
      written: new Map(),
      read: new Map(),
      behindWrites: new Map(),
      behindReads: new Map(),
    }
    inOrder(
      own,
      (late) => {
        const { register } = late
        if (!late.isRead) {
          demand('monotonic writes', late, 1, session.written.get(register))
          demand('writes follow reads', late, 1, session.read.get(register))
          return
        }
        demand('read your writes', late, 0, session.written.get(register))
        demand('monotonic reads', late, 0, session.read.get(register))
        const written = session.behindWrites.get(register)
        if (written !== undefined)
          demand('monotonic writes', late, 0, written.demand, [written.write, written.seenBy])
        const read = session.behindReads.get(register)
        if (read !== undefined) demand('writes follow reads', late, 0, read.demand, [read.write, read.seenBy])
      },
      (ended) => {
        raise(ended.isRead ? session.read : session.written, ended, compare)
        if (!ended.isRead) return
        const past = pasts.find(ended)
        if (past === undefined) return
        raiseBehind(session.behindWrites, past.written, past.write, ended, compare)
        raiseBehind(session.behindReads, past.read, past.write, ended, compare)
      },
    )
  }
  if (found.length === 0) return { name, verdict: 'held', observations }
  found.sort((a, b) => a.time - b.time || (a.record ?? 0) - (b.record ?? 0))
  const broken = SESSION_GUARANTEES.filter((one) => found.some(({ guarantee }) => guarantee === one))
  const [violation] = found
  return {
    name,
    verdict: 'violated',
    observations,
    ...(violation === undefined ? {} : { violation }),
    detail: `${found.length} of ${observations} demands, against ${broken.join(', ')}`,
  }
}

function bySession<V>(accesses: readonly Access<V>[]): readonly (readonly Access<V>[])[] {
  const sessionsOf = new Map<string, Access<V>[]>()
  for (const access of accesses) {
    const list = sessionsOf.get(access.operation.node)
    if (list === undefined) sessionsOf.set(access.operation.node, [access])
    else list.push(access)
  }
  return [...sessionsOf.values()]
}

/** Beginnings and ends of a session in their order. */
function inOrder<V>(
  own: readonly Access<V>[],
  begins: (access: Access<V>) => void,
  ends: (access: Access<V>) => void,
): void {
  const byEnd = [...own].sort((a, b) => a.to - b.to)
  let next = 0
  for (const access of own) {
    for (let ended = byEnd[next]; ended !== undefined && ended.to < access.from; ended = byEnd[++next])
      ends(ended)
    begins(access)
  }
}

function raise<V>(demands: Demands<V>, by: Access<V>, compare: Compare<V>): void {
  const held = demands.get(by.register)
  if (held === undefined || compare(by.version, held.version) > 0) demands.set(by.register, by)
}

function raiseBehind<V>(
  behind: Map<string, Behind<V>>,
  past: Demands<V>,
  write: Access<V>,
  seenBy: Access<V>,
  compare: Compare<V>,
): void {
  for (const [register, demand] of past) {
    const held = behind.get(register)
    if (held === undefined || compare(demand.version, held.demand.version) > 0)
      behind.set(register, { demand, write, seenBy })
  }
}

/** For each write what its session had written and read before it, to be found by who has read that write. */
function pastsOf<V>(
  accesses: readonly Access<V>[],
  compare: Compare<V>,
): { find(read: Access<V>): Past<V> | undefined } {
  const byRegister = new Map<string, Past<V>[]>()
  for (const own of bySession(accesses)) {
    const written: Demands<V> = new Map()
    const read: Demands<V> = new Map()
    inOrder(
      own,
      (write) => {
        if (write.isRead) return
        const list = byRegister.get(write.register) ?? []
        byRegister.set(write.register, list)
        list.push({ write, written: new Map(written), read: new Map(read) })
      },
      (ended) => raise(ended.isRead ? read : written, ended, compare),
    )
  }
  for (const list of byRegister.values()) list.sort((a, b) => compare(a.write.version, b.write.version))
  return {
    find({ register, version }) {
      const list = byRegister.get(register) ?? []
      let low = 0
      let high = list.length
      while (low < high) {
        const middle = (low + high) >> 1
        if (compare((list[middle] as Past<V>).write.version, version) < 0) low = middle + 1
        else high = middle
      }
      const past = list[low]
      return past !== undefined && compare(past.write.version, version) === 0 ? past : undefined
    },
  }
}

function violationOf<V>(
  guarantee: SessionGuarantee,
  late: Access<V>,
  of: Access<V>,
  through: readonly Access<V>[],
): SessionViolation {
  const { operation, version, to, register } = late
  const [write, seenBy] = through
  const why =
    write === undefined || seenBy === undefined
      ? ''
      : `, since its session had seen ${accessText(write.operation)} (in ${accessText(seenBy.operation)}), whose writer ` +
        `had ${of.isRead ? 'read' : 'written'} that before`
  return {
    guarantee,
    time: operation.completed ?? operation.invoked,
    node: operation.node,
    record: to,
    expected:
      `${guarantee}: ${accessText(operation)}${ofRegister(register)} ` +
      `${late.isRead ? 'returns at least' : 'gets a newer version than'} ${show(of.version)} of ` +
      `${accessText(of.operation)}${why}`,
    observed: `it ended with version ${show(version)} at ${formatTime(operation.completed ?? 0)} (record ${to})`,
    operations: [...new Set([of, ...through, late].map((access) => access.operation))].sort(
      (a, b) => a.id - b.id,
    ),
  }
}
