/**
 * From the operations of a run to calls of a model: who called what, with what, what came back, and from when to when.
 *
 * An operation that failed did not happen and is left out; one that is unknown or still open may have taken effect at
 * any time since it began, or never, and stays open to the end. Which operation ended before another began is decided
 * by the order of records, so that those which end and begin within one microsecond are ordered as they were.
 */
import type { Operation } from '../host/history.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'
import { canonical } from './canonical.ts'
import type { AnyModel, Call } from './models/model.ts'

/** A call in a history. */
export interface HistoryCall extends Call {
  /** What reports call it: the operation's id. */
  readonly id: number
  /** The object that it is about, if the history has several; undefined: all are about one. */
  readonly object: unknown
  /** Where it began and ended in the one order of all beginnings and ends; Infinity if nobody knows its end. */
  readonly from: number
  readonly to: number
}

/** How the operations of a history are read. */
export interface ReadingOptions {
  /**
   * Field of the input that names the object, such as `'key'`: each value of it is an object of its own. Default: all
   * operations are on one.
   */
  readonly by?: string
  /** Names of the operations that belong to the object; others are left out. Default: all. */
  readonly only?: readonly string[]
  /**
   * What an operation is to the model; undefined leaves it out. Default: its own name; as input what is left without the
   * field `by`, or its field `value` if it has one; as answer its output, or that one's field `value`. Operations that
   * failed are left out.
   */
  readonly as?: (operation: Operation) => CallReading | undefined
}

/** What {@link ReadingOptions.as} gives. */
export interface CallReading {
  readonly name: string
  readonly input?: unknown
  readonly output?: unknown
  /** Default: whether the operation succeeded. */
  readonly known?: boolean
}

/**
 * The calls that the operations are.
 *
 * @throws CallerError for an operation that the model does not know, or whose input or output it cannot take
 */
export function callsOf(
  operations: readonly Operation[],
  model: AnyModel,
  options: ReadingOptions = {},
): readonly HistoryCall[] {
  const { by, only, as = (operation: Operation) => usualReading(operation, by) } = options
  const calls: HistoryCall[] = []
  for (const operation of operations) {
    if (only !== undefined && !only.includes(operation.name)) continue
    const reading = as(operation)
    if (reading === undefined) continue
    const { name, input, output, known = operation.status === 'ok' } = reading
    const call: HistoryCall = {
      id: operation.id,
      process: operation.node,
      name,
      input,
      output: known ? output : undefined,
      known,
      object: by === undefined ? undefined : objectOf(operation, by),
      from: operation.record,
      to: known ? (operation.endRecord ?? Infinity) : Infinity,
    }
    checkCall(model, call, `operation ${operation.id} by ${operation.node}`)
    // What is possible in every state has no answer that could be wrong: versions and the like are not the model's.
    calls.push(model.hint?.(call).always === true ? { ...call, output: undefined } : call)
  }
  return calls
}

/** Refuses a call that is not one of the model's. `where`: the place that the error names. */
export function checkCall(model: AnyModel, call: Call, where: string): void {
  const { operations, name } = model
  if (!operations.includes(call.name))
    throw unknownName(`operation of a ${name}`, call.name, operations, where)
  const expected = model.refuse?.(call)
  if (expected === undefined) return
  const { input, output, known } = call
  throw new CallerError(
    `${call.name}${input === undefined ? '' : ` ${show(input)}`}${known ? ` -> ${show(output)}` : ''}`,
    {
      where,
      expected,
    },
  )
}

function usualReading(operation: Operation, by: string | undefined): CallReading | undefined {
  const { status, name, input, output } = operation
  if (status === 'fail') return undefined
  return { name, input: content(without(input, by)), ...(status === 'ok' ? { output: content(output) } : {}) }
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function without(input: unknown, field: string | undefined): unknown {
  if (!isFields(input) || field === undefined) return input
  const rest = Object.entries(input).filter(([name]) => name !== field)
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}

function content(value: unknown): unknown {
  return isFields(value) && 'value' in value ? value.value : value
}

function objectOf(operation: Operation, by: string): unknown {
  const { input } = operation
  const found = isFields(input) ? input[by] : undefined
  if (found !== undefined) return found
  throw new CallerError(`the input of ${operation.name} is ${show(input)}`, {
    where: `operation ${operation.id} by ${operation.node}`,
    expected: `an object with a field '${by}'`,
  })
}

/** Calls on one object, or on one part of it. */
export interface CallGroup {
  readonly object: unknown
  readonly calls: readonly HistoryCall[]
}

/**
 * The calls of each object that can be judged alone. Linearizability is local (Herlihy and Wing, TOPLAS 12(3), 1990): a
 * history is linearizable exactly if it is for each object.
 */
export function groupsOf(calls: readonly HistoryCall[], model: AnyModel): readonly CallGroup[] {
  return groupBy(calls, ({ object }) => (object === undefined ? '' : canonical(object))).flatMap((group) => {
    const object = group[0]?.object
    const parts = group.map((call) => model.part?.(call))
    if (parts.includes(undefined)) return [{ object, calls: group }]
    return groupBy(group, (call) => model.part?.(call) ?? '').map((part) => ({ object, calls: part }))
  })
}

function groupBy(
  calls: readonly HistoryCall[],
  key: (call: HistoryCall) => string,
): readonly HistoryCall[][] {
  const groups = new Map<string, HistoryCall[]>()
  for (const call of calls) {
    const name = key(call)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [call])
    else group.push(call)
  }
  return [...groups.values()]
}
