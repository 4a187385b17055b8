/** What lasts: lives, pauses and roles of nodes along their lanes, and faults while they were in force. */
import type { FaultData } from '../run/data.ts'
import type { Records } from '../run/record-columns.ts'
import { valueText } from '../../values.ts'

/** From one time to another, in virtual microseconds. */
export interface Span {
  readonly from: number
  readonly to: number
  /** The record with which it began; -1: it began with the run. */
  readonly row: number
}

export interface LifeSpan extends Span {
  readonly node: number
  readonly state: 'down' | 'paused'
  /** The record with which it ended; -1: the run ended first. */
  readonly endRow: number
}

export interface RoleSpan extends Span {
  readonly node: number
  readonly endRow: number
  readonly role: string
  /** The role with its term, if it has one: `leader, term 3`. */
  readonly label: string
}

export interface FaultSpan extends Span {
  readonly kind: string
  readonly label: string
  /** Nodes that it touched, as far as that is known. */
  readonly touched: readonly number[]
  readonly category: FaultCategory
  /** Whether it has a length: some faults only happen. */
  readonly lasts: boolean
}

export type FaultCategory = 'network' | 'clock' | 'process' | 'other'

export interface Bands {
  readonly lives: readonly LifeSpan[]
  readonly roles: readonly RoleSpan[]
  readonly faults: readonly FaultSpan[]
  /** All roles, in the order in which they were first taken. */
  readonly roleNames: readonly string[]
}

/** Reads lives, roles and faults from the records. `end`: the end of the run. */
export function bandsOf(
  records: Records,
  nodes: readonly { readonly name: string }[],
  plan: readonly FaultData[],
  end: number,
): Bands {
  const lives: LifeSpan[] = []
  const roles: RoleSpan[] = []
  const names = new Set<string>()
  const open = new Map<string, LifeSpan>()
  const held = new Map<number, RoleSpan>()
  const faults = new FaultReader(records, nodes, plan, end)

  const close = (key: string, t: number, endRow: number): void => {
    const span = open.get(key)
    if (span === undefined) return
    open.delete(key)
    lives.push({ ...span, to: t, endRow })
  }
  const endRole = (node: number, t: number, endRow: number): void => {
    const span = held.get(node)
    if (span === undefined) return
    held.delete(node)
    roles.push({ ...span, to: t, endRow })
  }
  for (let row = 0; row < records.count; row++) {
    const kind = records.kindOf(row)
    const t = records.t[row] as number
    const node = records.node[row] as number
    switch (kind) {
      case 'crash':
      case 'stop':
        close(`paused ${node}`, t, row)
        endRole(node, t, row)
        open.set(`down ${node}`, { node, state: 'down', from: t, to: end, row, endRow: -1 })
        break
      case 'start':
        close(`down ${node}`, t, row)
        break
      case 'pause':
        open.set(`paused ${node}`, { node, state: 'paused', from: t, to: end, row, endRow: -1 })
        break
      case 'resume':
        close(`paused ${node}`, t, row)
        break
      case 'role': {
        endRole(node, t, row)
        const role = records.typeOf(row)
        if (role === '') break
        names.add(role)
        held.set(node, {
          node,
          role,
          label: roleLabel(role, records.content(row)),
          from: t,
          to: end,
          row,
          endRow: -1,
        })
        break
      }
      default:
        faults.take(row, kind, t, node)
    }
    // A fault is known by what it did, too.
    faults.touch(row, node)
  }
  lives.push(...open.values())
  roles.push(...held.values())
  return { lives, roles, faults: faults.finish(), roleNames: [...names] }
}

/**
 * How a node stands at an instant: down or paused, and its role with its term. After a record (`row`, if it is not -1)
 * what began later in the same microsecond has not begun yet.
 */
export function standingAt(
  { lives, roles }: Bands,
  node: number,
  { row, time }: { readonly row: number; readonly time: number },
  end: number,
): { readonly life?: LifeSpan['state']; readonly role?: string } {
  const isNow = (span: Span & { readonly node: number; readonly endRow: number }): boolean => {
    if (span.node !== node) return false
    if (row < 0) return span.from <= time && (time < span.to || span.to === end)
    return span.row <= row && (span.endRow < 0 || row < span.endRow)
  }
  const life = lives.find(isNow)
  const role = roles.find(isNow)
  return {
    ...(life === undefined ? {} : { life: life.state }),
    ...(role === undefined ? {} : { role: role.label }),
  }
}

/** Fields by which roles are told apart, in the words of the protocols. */
const TERMS = ['term', 'view', 'epoch', 'ballot', 'generation', 'round']

function roleLabel(role: string, detail: unknown): string {
  if (typeof detail !== 'object' || detail === null) return role
  const fields = detail as Readonly<Record<string, unknown>>
  const name = TERMS.find((term) => fields[term] !== undefined)
  return name === undefined ? role : `${role}, ${name} ${valueText(fields[name])}`
}

const NETWORK = /partition|isolate|degrade|hold|release|heal/
const PROCESS = /^(crash|restart|pause|resume)/

function categoryOf(kind: string): FaultCategory {
  if (kind.startsWith('clock')) return 'clock'
  if (PROCESS.test(kind)) return 'process'
  return NETWORK.test(kind) ? 'network' : 'other'
}

class FaultReader {
  private readonly list: (Omit<FaultSpan, 'touched'> & { readonly touched: Set<number> })[] = []
  private readonly byRow = new Map<number, number>()
  private readonly healed = new Map<number, number>()

  private readonly records: Records
  private readonly positions: ReadonlyMap<string, number>
  private readonly plan: readonly FaultData[]
  private readonly end: number

  constructor(
    records: Records,
    nodes: readonly { readonly name: string }[],
    plan: readonly FaultData[],
    end: number,
  ) {
    this.records = records
    this.positions = new Map(nodes.map(({ name }, index) => [name, index]))
    this.plan = plan
    this.end = end
  }

  take(row: number, kind: string, t: number, _node: number): void {
    if (kind === 'heal') this.healed.set(this.records.cause[row] as number, t)
    if (kind !== 'fault') return
    const { index, at: _, ...fields } = (this.records.content(row) ?? {}) as Readonly<Record<string, unknown>>
    const type = this.records.typeOf(row)
    const touched = new Set<number>()
    for (const name of this.plan.find((one) => one.index === index)?.touched ?? []) {
      for (const part of name.split(/ -> | <-> |, /)) {
        const node = this.positions.get(part)
        if (node !== undefined) touched.add(node)
      }
    }
    const { for: length, ...said } = fields
    const label = Object.keys(said).length === 0 ? type : `${type} ${faultFields(said)}`
    this.byRow.set(row, this.list.length)
    const lasts = length !== undefined || /partition|isolate|drift|skew/.test(type)
    this.list.push({
      kind: type,
      label,
      touched,
      category: categoryOf(type),
      from: t,
      to: this.end,
      row,
      lasts,
    })
  }

  touch(row: number, node: number): void {
    if (node < 0) return
    const fault = this.byRow.get(this.records.cause[row] as number)
    if (fault !== undefined) this.list[fault]?.touched.add(node)
  }

  finish(): FaultSpan[] {
    return this.list.map(({ touched, ...span }) => {
      const to = this.healed.get(span.row)
      const lasts = to !== undefined || span.lasts
      return { ...span, touched: [...touched], lasts, to: to ?? (lasts ? this.end : span.from) }
    })
  }
}

/** Fields whose values say what they are: whom a fault is about. */
const PLAIN = new Set(['node', 'groups', 'ring'])

function faultFields(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => (PLAIN.has(name) ? targetText(value) : `${name} ${targetText(value)}`))
    .join(' ')
}

/** Selectors as one writes them: `client[0], replica[0] | rest`. */
function targetText(value: unknown): string {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return valueText(value)
  const isNested = value.some((one) => Array.isArray(one))
  return value.map(targetText).join(isNested ? ' | ' : ', ')
}
