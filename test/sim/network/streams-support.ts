// Two nodes with a connection between them, in a whole simulation, and the trace of it as a listing like tcpdump's.
import { platform } from '../../../integrations/platform.ts'
import type {
  Address,
  LinkOptions,
  Node,
  NodeDefinition,
  RunResult,
  SimulateOptions,
  StreamConnection,
} from '../../../sim/api.ts'
import { CallerError, defineNode, scenario } from '../../../sim/api.ts'
import type { Control } from '../../../sim/host/control.ts'
import type { Fault, FaultEffect, FaultVocabulary } from '../../../sim/host/fault.ts'
import { micros } from '../../../sim/kernel/time.ts'
import { createSimulate } from '../../../sim/scenario/simulate.ts'
import type { TraceRecord } from '../../../sim/trace/records.ts'

const SERVER = 0
const CLIENT = 1

const kinds: Readonly<Record<string, (control: Control, node: number) => FaultEffect>> = {
  crash: (control, node) => {
    control.crash(node)
    return { touched: [control.name(node)], end: () => (control.restart(node), []) }
  },
  pause: (control, node) => {
    control.pause(node)
    return { touched: [control.name(node)], end: () => (control.resume(node), []) }
  },
  cut: (control) => {
    const cut = control.cut({ kind: 'groups', groups: [[CLIENT], [SERVER]] })
    return { touched: ['client', 'server'], end: () => (control.heal(cut), []) }
  },
  hold: (control) => {
    const release = control.hold([CLIENT], [SERVER], false)
    return { touched: ['client', 'server'], end: () => (release(), []) }
  },
}

/** The few faults that these tests need. */
const vocabulary: FaultVocabulary = {
  kinds: Object.keys(kinds),
  prepare(fault, where) {
    const given = fault as Fault & { readonly node?: string }
    const begin = kinds[given.kind]
    if (begin === undefined) throw new CallerError(`${where}: ${given.kind}`)
    return {
      fault: given,
      at: micros(given.at, where),
      duration: given.for === undefined ? undefined : micros(given.for, where),
      begin: (control) => begin(control, given.node === 'server' ? SERVER : CLIENT),
    }
  },
}

export const simulate = createSimulate(platform, vocabulary)

export interface Config {
  readonly server: Address
}

type Any = Record<string, never>

export interface Conversation {
  readonly client: (node: Node<Any, unknown, Config>, server: Address) => void | Promise<void>
  readonly accept?: (
    node: Node<Any, unknown, undefined>,
    connection: StreamConnection,
  ) => void | Promise<void>
  readonly server?: Partial<NodeDefinition<Any, unknown, undefined>>
  readonly network?: LinkOptions
  readonly faults?: readonly Fault[]
  readonly until?: `${number}s`
  readonly options?: SimulateOptions
  /** Drift of the client's clocks in parts per million. */
  readonly drift?: number
}

/** Runs a conversation between `client` and `server`; fails with what went wrong in the run. */
export async function converse(conversation: Conversation): Promise<RunResult> {
  const { client, accept, network = { delay: '10ms' }, faults = [], until = '60s' } = conversation
  const server = defineNode<Any>()({
    kind: 'server',
    ...(accept === undefined ? {} : { accept }),
    ...conversation.server,
  })
  const opener = defineNode<Any, Config>()({
    kind: 'client',
    start: (node) => client(node, node.config.server),
  })
  const described = scenario({
    name: 'conversation',
    summary: 'one client, one server',
    cluster(setup) {
      setup.addOne(opener, { server: setup.addOne(server) }, { clock: { drift: conversation.drift ?? 0 } })
      setup.network(network)
    },
    faults: () => faults,
    checks: [],
    until,
  })
  return simulate(described, { records: true, ...conversation.options })
}

export function records(result: RunResult): readonly TraceRecord[] {
  return [...(result.trace?.records() ?? [])]
}

interface SegmentData {
  readonly connection?: string
  readonly seq?: number
  readonly length?: number
  readonly ack?: number
  readonly window?: number
  readonly again?: boolean
  readonly text?: string
  readonly bytes?: Uint8Array
  readonly value?: unknown
}

/** `data 1:1461 ack 1 win 65535`: first and next sequence number of the payload, as tcpdump prints them. */
function segmentText(type: string, data: SegmentData): string {
  const { seq = 0, length = 0, ack, window, again } = data
  const range = length > 0 ? `${seq}:${seq + length}` : `${seq}`
  return [
    type,
    range,
    ...(ack === undefined ? [] : [`ack ${ack}`]),
    ...(window === undefined ? [] : [`win ${window}`]),
    ...(again === true ? ['(again)'] : []),
  ].join(' ')
}

function line(record: TraceRecord): string | undefined {
  const { kind, type = '', to, cause } = record
  const data = (record.data ?? {}) as SegmentData
  switch (kind) {
    case 'connect':
    case 'stream':
    case 'reset':
      if (to !== undefined) return `-> ${segmentText(type, data)}`
      if (data.text !== undefined) return `   ${type} ${JSON.stringify(data.text)}`
      if (data.bytes !== undefined) return `   ${type} ${data.bytes.length} bytes`
      if (data.value !== undefined) return `   ${type} ${JSON.stringify(data.value)}`
      return `   ${type}${data.length === undefined ? '' : ` ${data.length} bytes`}`
    case 'deliver':
      return `<- ${type} (${cause})`
    case 'drop':
      return `x  ${type} (${cause})`
    case 'duplicate':
      return `=  copy of (${cause})`
    case 'timer':
      return type === '' ? undefined : `   timer: ${type}`
    case 'timeout':
      return `   timeout: ${type}`
    case 'start':
      return record.t === 0 ? undefined : '** start'
    case 'stop':
    case 'crash':
    case 'pause':
    case 'resume':
      return `** ${kind}`
    default:
      return undefined
  }
}

/** One line a record: milliseconds, node, what left (->), arrived (<-) or was lost (x), by the number of the record. */
export function listing(result: RunResult): string {
  const out: string[] = []
  for (const record of records(result)) {
    const text = line(record)
    if (text === undefined) continue
    const time = (record.t / 1000).toFixed(3).padStart(11)
    out.push(`${time} ${String(record.id).padStart(4)} ${(record.node ?? '').padEnd(7)}${text}`)
  }
  return `${out.join('\n')}\n`
}
