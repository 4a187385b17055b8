/**
 * A sequence diagram for Mermaid, which GitHub, GitLab and many editors draw where they show Markdown.
 *
 * A sequence diagram knows an order, no durations: a message is one horizontal arrow. It stands where it arrived (with
 * how long it was under way), a lost one where it was lost, one that was still under way at the end of the cut last.
 * Requests and datagrams have solid lines, replies dashed ones, lost messages a cross. Crashes, pauses, roles, faults
 * and operations are notes. Left out: timers, disks, CPU.
 *
 * Source: Mermaid's documentation, "Sequence diagrams" (messages, notes, entity codes) and configuration
 * (`maxTextSize`).
 */
import { CallerError } from '../../sim/kernel/errors.ts'
import { formatTime } from '../../sim/kernel/time.ts'
import { fit } from '../text.ts'
import { valueText } from '../values.ts'
import type { Activity, FaultSpan, Mark, Message, Operation } from './activity.ts'
import { activityOf } from './activity.ts'
import type { Cut, TraceSource } from './source.ts'

/** Mermaid refuses to draw a longer text (its default `maxTextSize`). */
export const MERMAID_CHARACTERS = 50_000

/** Characters of a value that are shown. */
const VALUE = 48

/** One line of the diagram, and the virtual time at which it stands. */
interface Line {
  readonly at: number
  /** The record that decides among lines of one instant. */
  readonly id: number
  readonly text: string
}

/** @throws CallerError if the diagram is longer than Mermaid draws; the hint says what would fit */
export function mermaidText(source: TraceSource, cut: Cut): string {
  const activity = activityOf(source, cut)
  const names = new Map(participants(activity, cut).map((node, index) => [node, `n${index}`]))
  const lines = linesOf(activity, names, cut)
  const head = [
    `%% ${commentText(source, cut)}`,
    'sequenceDiagram',
    ...[...names].map(([node, name]) => `  participant ${name} as ${escaped(node)}`),
  ]
  // Lone participants are no diagram: the grammar asks for none, but a reader asks what there is to see.
  if (lines.length === 0 && names.size > 0) {
    head.push(`  Note over ${[...names.values()][0]}: nothing happened within this part of the run`)
  }
  let length = head.join('\n').length + 1
  for (const { text, at } of lines) {
    length += text.length + 1
    if (length > MERMAID_CHARACTERS) throw tooLong(activity, names, { ...cut, to: at })
  }
  return `${[...head, ...lines.map(({ text }) => text)].join('\n')}\n`
}

function commentText({ header }: TraceSource, { from, to }: Cut): string {
  const { spec } = header
  const part = `${formatTime(from)} to ${formatTime(to)}`
  // One line, and no directive: `%%{` would be one.
  const scenario = String(spec.scenario).replace(/[\r\n{}]/g, ' ')
  return `${scenario}, seed ${String(spec.seed)}, ${part}`
}

/** Nodes that do something within the cut; all that were asked for, if some were left out on purpose. */
function participants({ messages, operations, marks }: Activity, { nodes }: Cut): readonly string[] {
  const busy = new Set<string>()
  for (const { from, to } of messages) busy.add(from).add(to)
  for (const { node } of operations) busy.add(node)
  for (const { node } of marks) busy.add(node)
  const shown = nodes.filter((node) => busy.has(node))
  return shown.length === 0 ? nodes.slice(0, 1) : shown
}

function linesOf(activity: Activity, names: ReadonlyMap<string, string>, cut: Cut): readonly Line[] {
  const nameOf = (node: string): string => names.get(node) ?? ''
  const all = [...names.values()]
  const over = all.length > 1 ? `${all[0]},${all.at(-1)}` : (all[0] ?? '')
  const lines = [
    ...activity.messages
      .filter(({ sent }) => sent <= cut.to)
      .map((message) => messageLine(message, nameOf, cut)),
    ...activity.operations.flatMap((operation) => operationLines(operation, nameOf)),
    ...activity.marks.map((mark) => markLine(mark, nameOf)),
    ...activity.faults.flatMap((fault) => faultLines(fault, over)),
  ]
  return lines.filter(({ at }) => at >= cut.from && at <= cut.to).sort((a, b) => a.at - b.at || a.id - b.id)
}

function messageLine(message: Message, nameOf: (node: string) => string, cut: Cut): Line {
  const { id, kind, from, to, type, data, sent, isCopy, fate } = message
  const dashed = kind === 'reply' ? '--' : '-'
  const value = data === undefined ? '' : ` ${fit(valueText(data), VALUE)}`
  const what = `${isCopy ? 'copy of ' : ''}${type}${value}`
  const arrow = (head: string, at: number, said: string): Line => ({
    at,
    id,
    text: `  ${nameOf(from)}${dashed}${head}${nameOf(to)}: ${escaped(`${formatTime(at)} ${what}${said}`)}`,
  })
  if (fate.kind === 'lost') return arrow('x', fate.at, ` (lost: ${fate.reason})`)
  if (fate.kind === 'delivered' && fate.at <= cut.to) {
    const took = fate.at - sent
    return arrow('>>', fate.at, took > 0 ? ` (${formatTime(took)})` : '')
  }
  return { ...arrow(')', cut.to, ` (sent at ${formatTime(sent)}, under way)`), at: cut.to }
}

function operationLines(operation: Operation, nameOf: (node: string) => string): readonly Line[] {
  const { id, node, type, input, from, to, outcome, output } = operation
  const note = (at: number, text: string): Line => ({
    at,
    id,
    text: `  Note over ${nameOf(node)}: ${escaped(`${formatTime(at)} ${text}`)}`,
  })
  const argument = input === undefined ? '' : ` ${fit(valueText(input), VALUE)}`
  const begin = note(from, `${type}${argument}`)
  if (outcome === 'pending') return [begin]
  const result = output === undefined ? '' : ` ${fit(valueText(output), VALUE)}`
  // After the messages of its instant: an operation ends because of one.
  return [begin, { ...note(to, `${type}: ${outcome}${result}`), id: Infinity }]
}

function markLine({ id, node, at, kind, label }: Mark, nameOf: (node: string) => string): Line {
  const what = kind === 'role' ? `is ${label}` : label.toUpperCase()
  return { at, id, text: `  Note over ${nameOf(node)}: ${escaped(`${formatTime(at)} ${what}`)}` }
}

function faultLines({ id, type, fields, from, to }: FaultSpan, over: string): readonly Line[] {
  const line = (at: number, text: string): Line => ({
    at,
    id,
    text: `  Note over ${over}: ${escaped(`${formatTime(at)} ${text}`)}`,
  })
  const begin = line(from, `FAULT ${type} ${fit(valueText(fields), 2 * VALUE)}`)
  return to === undefined ? [begin] : [begin, line(to, `END OF ${type}`)]
}

/** What would be syntax to Mermaid, as the entity codes that it has for it; all in one line. */
function escaped(text: string): string {
  const safe = text
    .replace(/[#;<>&"`\\%]/g, (character) => `#${character.charCodeAt(0)};`)
    .replace(/\s+/g, ' ')
    .trim()
  // A message may not be empty, and `end` alone closes blocks.
  return safe === '' ? '#32;' : safe.replace(/\bend\b/gi, (word) => `#${word.charCodeAt(0)};${word.slice(1)}`)
}

/** `cut` ends where the text became too long. */
function tooLong(activity: Activity, names: ReadonlyMap<string, string>, cut: Cut): CallerError {
  const messages = activity.messages.filter(({ sent }) => sent <= cut.to)
  const times = linesOf({ ...activity, messages }, names, cut).map(({ at }) => at)
  // What is under way at the end of a part gets lines as well, so the longest part that fits has to be tried for.
  const fits = (to: number): boolean => {
    const lines = linesOf({ ...activity, messages }, names, { ...cut, to })
    return lines.reduce((sum, { text }) => sum + text.length + 1, 0) < MERMAID_CHARACTERS * 0.97
  }
  let [low, high] = [0, times.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(times[middle] as number)) low = middle
    else high = middle - 1
  }
  const to = times[low] ?? cut.from
  return new CallerError(
    `the diagram is longer than the ${MERMAID_CHARACTERS} characters that Mermaid draws`,
    {
      expected: 'a part of the trace: --from, --to, --nodes',
      hint: to > cut.from && fits(to) ? `--to ${durationText(to)} would fit` : undefined,
    },
  )
}

/** A time as an option takes it: one number with its unit. */
export function durationText(us: number): string {
  return us % 1000 === 0 ? `${us / 1000}ms` : `${us}us`
}
