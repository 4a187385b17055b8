/** States of nodes at an instant, what an event changed in them, and how those of two runs differ. */
import type { ChalkInstance } from 'chalk'
import type { Difference, PathStep } from '../sim/explore/differences.ts'
import { ABSENT, differences } from '../sim/explore/differences.ts'
import type { Instant, NodeAtInstant } from '../sim/explore/instant.ts'
import { formatTime } from '../sim/kernel/time.ts'
import { fit, LINE_WIDTH } from './text.ts'
import { keyText, valueLines, valueText } from './values.ts'

/** Lines of one node's state when many are shown, and when it is the only one. */
const LINES_EACH = 12
const LINES_ALONE = 400
const CHANGES = 20

/** How a node is, without its state: `replica[0]  up, leader, incarnation 2`. */
function headOf({ name, up, paused, role, incarnation, state }: NodeAtInstant, paint: ChalkInstance): string {
  const said = [
    state === undefined ? 'down' : up ? 'up' : 'recovering',
    ...(paused ? ['paused'] : []),
    ...(role === undefined ? [] : [role]),
    ...(incarnation > 1 ? [`incarnation ${incarnation}`] : []),
  ]
  return `${paint.bold(name)}  ${said.join(', ')}`
}

/** The states of the given nodes, by name and in order; all of them if none is given. */
export function stateLines(
  { nodes }: Instant,
  only: string | undefined,
  paint: ChalkInstance,
): readonly string[] {
  const shown = only === undefined ? nodes : nodes.filter(({ name }) => name === only)
  const most = shown.length === 1 ? LINES_ALONE : LINES_EACH
  return shown.flatMap((node) => [
    headOf(node, paint),
    ...(isEmpty(node.state) ? [] : valueLines('', node.state, '  ', most)),
  ])
}

function isEmpty(state: unknown): boolean {
  return typeof state !== 'object' || state === null || Object.keys(state).length === 0
}

/** What the last event changed, path by path. */
export function changeLines(
  { changes }: Instant,
  only: string | undefined,
  paint: ChalkInstance,
): readonly string[] {
  const shown = only === undefined ? changes : changes.filter(({ node }) => node === only)
  return shown.flatMap(({ node, before, after }) => {
    if (before === undefined) return [`${paint.bold(node)}  its state is new`]
    if (after === undefined) return [`${paint.bold(node)}  its state is gone`]
    const list = differences(before, after)
    const lines = list.slice(0, CHANGES).flatMap((one) => changeLine(one))
    const rest = list.length - CHANGES
    return [paint.bold(node), ...lines, ...(rest > 0 ? [`  ... ${rest} more changes`] : [])]
  })
}

function changeLine({ path, a, b }: Difference): readonly string[] {
  const name = pathText(path)
  if (a === ABSENT) return [short(`  + ${name}`, b)]
  if (b === ABSENT) return [short(`  - ${name}`, a)]
  const line = `  ~ ${name}: ${valueText(a)} -> ${valueText(b)}`
  if (line.length <= LINE_WIDTH) return [line]
  return [short(`  ~ ${name}`, a), short(`  ${' '.repeat(name.length)} ->`, b)]
}

function short(start: string, value: unknown): string {
  const head = fit(start.endsWith('->') ? `${start} ` : `${start}: `, LINE_WIDTH - 20)
  return head + fit(valueText(value), LINE_WIDTH - head.length)
}

/** `records.key-0.version`, `queue[3]`, `peers{replica[1]}`. */
export function pathText(path: readonly PathStep[]): string {
  let out = ''
  for (const step of path) {
    if ('key' in step) out += out === '' ? keyText(step.key) : `.${keyText(step.key)}`
    else if ('index' in step) out += `[${step.index}]`
    else if ('member' in step) out += `{${valueText(step.member)}}`
    else out += step.to === step.from + 1 ? `[${step.from}]` : `[${step.from}..${step.to - 1}]`
  }
  return out === '' ? '(state)' : out
}

/** How one node's states in two runs differ; what the runs are called stands before the values. */
export function comparisonLines(
  pair: readonly [NodeAtInstant | undefined, NodeAtInstant | undefined],
  sides: readonly [string, string],
  paint: ChalkInstance,
): readonly string[] {
  const [a, b] = pair
  const name = (a ?? b)?.name ?? ''
  if (a === undefined || b === undefined) {
    return [`${paint.bold(name)}  there is no such node in ${a === undefined ? sides[0] : sides[1]}`]
  }
  const list = [...standing(a, b), ...differences(a.state, b.state)]
  if (list.length === 0) {
    const lines = isEmpty(a.state) ? [] : valueLines('', a.state, '  ', LINES_EACH)
    return [`${paint.bold(name)}  the same in both`, ...lines]
  }
  const width = Math.max(sides[0].length, sides[1].length)
  const side = (index: 0 | 1, value: unknown): string => {
    const text = value === ABSENT ? '(none)' : valueText(value)
    const head = `    ${sides[index].padEnd(width)}  `
    const cut = fit(text, Math.max(20, LINE_WIDTH - head.length))
    return head + (index === 0 ? paint.red(cut) : paint.green(cut))
  }
  const shown = list.slice(0, CHANGES)
  const rest = list.length - shown.length
  return [
    paint.bold(name),
    ...shown.flatMap((one) => [`  ${pathText(one.path)}:`, side(0, one.a), side(1, one.b)]),
    ...(rest > 0 ? [`  ... ${rest} more differences`] : []),
  ]
}

/** Up or not, role and incarnation, as far as they differ. */
function standing(a: NodeAtInstant, b: NodeAtInstant): readonly Difference[] {
  return (['up', 'paused', 'role', 'incarnation'] as const)
    .filter((key) => a[key] !== b[key])
    .map((key) => ({ path: [{ key: `(${key})` }], a: a[key] ?? ABSENT, b: b[key] ?? ABSENT }))
}

/** Whether two nodes are in the same state, as far as can be seen. */
export function sameState(a: NodeAtInstant, b: NodeAtInstant): boolean {
  return standing(a, b).length === 0 && differences(a.state, b.state).length === 0
}

/** `after record 812, at 1.234567s`. */
export function instantText({ first, last, time }: Instant): string {
  return `${first === last ? `record ${last}` : `records ${first} to ${last}`}, at ${formatTime(time)}`
}
