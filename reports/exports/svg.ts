/**
 * A static space-time diagram, as papers draw them: a lane for each node, virtual time to the right, messages as arrows
 * from departure to arrival. Roles are bands along the lane, crashes and pauses gaps and hatching, operations bars
 * below it, faults bands over all lanes. Light and dark follow the reader's setting; nothing is loaded, no script runs.
 *
 * Left out: timers, disks and CPU; the messages, where there are more than an eye can follow (the picture says so).
 */
import { CallerError } from '../../sim/kernel/errors.ts'
import { formatTime } from '../../sim/kernel/time.ts'
import { fit } from '../text.ts'
import { valueText } from '../values.ts'
import type { Activity, FaultSpan, Message, Operation, Span } from './activity.ts'
import { activityOf, endOf } from './activity.ts'
import type { Cut, TraceSource } from './source.ts'
import {
  element,
  isLightRole,
  label,
  length,
  ROLE_COLOURS,
  STYLE,
  textWidth,
  title,
  xmlText,
} from './svg-parts.ts'

/** More lanes are no picture any more. */
export const SVG_NODES = 64
/** More arrows are left out. */
export const SVG_MESSAGES = 2_000
/** Up to so many messages have their type written beside them. */
const LABELLED = 30
/** More are drawn paler, so that roles and faults stay visible. */
const MANY = 150
const FAULT_ROWS = 6

const WIDTH = 1120
const MARGIN = 16
const NAMES = 132
const LEFT = MARGIN + NAMES
const RIGHT = WIDTH - MARGIN - 8
const FAULT_HEIGHT = 18
const BAND = 12

/** Where things are. */
interface Layout {
  readonly cut: Cut
  readonly x: (time: number) => number
  readonly y: ReadonlyMap<string, number>
  readonly laneHeight: number
  readonly top: number
  readonly bottom: number
  readonly roles: ReadonlyMap<string, number>
}

/** @throws CallerError if there are more nodes than lanes */
export function svgText(source: TraceSource, cut: Cut): string {
  if (cut.nodes.length > SVG_NODES) {
    throw new CallerError(`a diagram of ${cut.nodes.length} nodes`, {
      expected: `at most ${SVG_NODES}; choose them with --nodes`,
    })
  }
  const activity = activityOf(source, cut)
  const faults = activity.faults.slice(0, FAULT_ROWS)
  const layout = layOut(activity, cut, faults.length)
  const { spec } = source.header
  const heading = `${String(spec.scenario)}, seed ${String(spec.seed)}`
  const broken = violations(source, layout)
  const legend = legendOf(activity, layout, broken.length > 0)
  const height = layout.bottom + 34 + legend.height
  const isCrowded = activity.messages.length > SVG_MESSAGES
  const body = [
    element('rect', { class: 'paper', width: WIDTH, height }),
    label(MARGIN, 27, heading, 'title'),
    label(MARGIN, 45, subtitle(source, cut, activity, isCrowded), 'muted'),
    ...grid(layout),
    ...faults.flatMap((fault, row) => faultParts(fault, row, layout)),
    ...lanes(activity, layout),
    ...operations(activity.operations, layout),
    ...(isCrowded ? [] : messages(activity.messages, layout)),
    ...roleNames(activity.spans, layout),
    ...crashes(activity.spans, layout),
    ...broken,
    ...legend.parts,
  ]
  const about = `Space-time diagram of ${cut.nodes.length} nodes: ${subtitle(source, cut, activity, isCrowded)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${length(height)}" width="${WIDTH}" ` +
      `height="${length(height)}" role="img" aria-labelledby="title about">`,
    `<title id="title">${xmlText(heading)}</title>`,
    `<desc id="about">${xmlText(about)}</desc>`,
    `<style>${STYLE}</style>`,
    DEFINITIONS,
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

const DEFINITIONS =
  '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">' +
  '<path class="head" d="M0 0.8 8 4 0 7.2z"/></marker>' +
  '<pattern id="paused" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  '<path class="hatch" d="M0 0V6"/></pattern></defs>'

function subtitle(
  { footer }: TraceSource,
  { from, to }: Cut,
  { messages: list }: Activity,
  isCrowded: boolean,
): string {
  const { verdict, violations: found = [], endedAt } = footer
  const part = from === 0 && to === endedAt ? formatTime(to) : `${formatTime(from)} to ${formatTime(to)}`
  const [first] = found
  const why = first === undefined ? '' : ` at ${formatTime(first.time)}: ${fit(first.name, 70)}`
  const left = isCrowded ? ' (too many to draw: cut with --from, --to, --nodes)' : ''
  return `${part} of virtual time; ${list.length} messages${left}; ${verdict}${why}`
}

/** Roles that have the same colour in every picture; others take what is left, in the order in which they appear. */
const KNOWN_ROLES = new Map([
  ['looking', 0],
  ['leader', 1],
  ['follower', 2],
])

function roleColours(names: readonly string[]): ReadonlyMap<string, number> {
  const taken = new Set(names.flatMap((name) => KNOWN_ROLES.get(name) ?? []))
  const free = Array.from({ length: ROLE_COLOURS }, (_, colour) => colour).filter((one) => !taken.has(one))
  let next = 0
  return new Map(
    names.map((name) => [name, KNOWN_ROLES.get(name) ?? free[next++ % free.length] ?? 0] as const),
  )
}

function layOut(activity: Activity, cut: Cut, faultRows: number): Layout {
  const top = 62 + faultRows * FAULT_HEIGHT + (faultRows > 0 ? 6 : 0)
  const laneHeight = cut.nodes.length > 24 ? 22 : cut.nodes.length > 10 ? 34 : 48
  const scale = (RIGHT - LEFT) / Math.max(1, cut.to - cut.from)
  const roles = roleColours(activity.roles)
  return {
    cut,
    x: (time) => LEFT + (Math.min(Math.max(time, cut.from), cut.to) - cut.from) * scale,
    y: new Map(cut.nodes.map((node, index) => [node, top + laneHeight * (index + 0.5)])),
    laneHeight,
    top,
    bottom: top + laneHeight * cut.nodes.length,
    roles,
  }
}

/** Times of 1, 2 or 5 times a power of ten microseconds, at most nine of them. */
function ticks({ from, to }: Cut): readonly number[] {
  const least = (to - from) / 9
  let unit = 1
  while (unit * 10 < least) unit *= 10
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((one) => one >= least) ?? unit
  const out: number[] = []
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) out.push(time)
  return out
}

function grid({ cut, x, top, bottom }: Layout): readonly string[] {
  return ticks(cut).flatMap((time) => [
    element('path', { class: 'grid', d: `M${length(x(time))} ${length(top)}V${length(bottom + 4)}` }),
    label(x(time), bottom + 18, formatTime(time), 'muted', { 'text-anchor': 'middle' }),
  ])
}

function faultParts(fault: FaultSpan, row: number, { x, cut, top, bottom }: Layout): readonly string[] {
  const y = 62 + row * FAULT_HEIGHT
  const from = x(fault.from)
  const width = Math.max(2, x(fault.to ?? fault.from) - from)
  const { for: _, ...fields } = fault.fields
  const text = fit(valueText(fields).replace(/^\{|\}$/g, ''), 90)
  const wide = textWidth(text, 9.5)
  const isRight = from + width + 6 + wide <= RIGHT
  const end = fault.to === undefined || fault.to > cut.to ? '' : ` to ${formatTime(fault.to)}`
  return [
    element('rect', { class: 'band', x: from, y: top, width, height: bottom - top }),
    label(LEFT - 10, y + 11, fit(fault.type, 20), 'bad', { 'text-anchor': 'end' }),
    element(
      'rect',
      { class: 'fault', x: from, y: y + 3, width, height: 9, rx: 2 },
      title(`${fault.type} from ${formatTime(fault.from)}${end}: ${valueText(fault.fields)}`),
    ),
    isRight
      ? label(from + width + 6, y + 11, text, 'small muted')
      : from - 6 - wide >= LEFT
        ? label(from - 6, y + 11, text, 'small muted', { 'text-anchor': 'end' })
        : label(from + 6, y + 11, fit(text, Math.floor(width / 5.4)), 'on-bad'),
  ]
}

function lanes({ spans }: Activity, layout: Layout): readonly string[] {
  const { y } = layout
  return [
    ...[...y].flatMap(([node, at]) => [
      lane(
        spans.filter((span) => span.node === node && span.kind === 'down'),
        at,
        layout,
      ),
      label(LEFT - 10, at + 4, fit(node, 20), 'text', { 'text-anchor': 'end' }),
    ]),
    ...spans.filter(({ kind }) => kind === 'role').map((span) => roleBand(span, layout)),
    ...spans.filter(({ kind }) => kind === 'paused').map((span) => pauseBand(span, layout)),
  ]
}

/** The line of a node, with gaps while it is down. */
function lane(down: readonly Span[], at: number, { x }: Layout): string {
  const path = [`M${LEFT} ${length(at)}`]
  for (const span of down) path.push(`H${length(x(span.from))}M${length(x(span.to))} ${length(at)}`)
  return element('path', { class: 'lane', d: `${path.join('')}H${RIGHT}` })
}

function boxOf({ node, from, to }: Span, { x, y }: Layout) {
  const left = x(from)
  return { x: left, y: (y.get(node) ?? 0) - BAND / 2, width: Math.max(1, x(to) - left), height: BAND }
}

function roleBand(span: Span, layout: Layout): string {
  const role = layout.roles.get(span.label) ?? 0
  const told = `${span.node}: ${roleName(span)}, ${timesOf(span)}`
  return element('rect', { ...boxOf(span, layout), class: `r${role}`, rx: 2 }, title(told))
}

function pauseBand(span: Span, layout: Layout): string {
  const told = title(`${span.node} paused, ${timesOf(span)}`)
  return element('rect', { ...boxOf(span, layout), fill: 'url(#paused)' }, told)
}

/** Over the messages, where the band has room for it. */
function roleNames(spans: readonly Span[], layout: Layout): readonly string[] {
  return spans.flatMap((span) => {
    if (span.kind !== 'role') return []
    const name = roleName(span)
    const { x, y, width } = boxOf(span, layout)
    if (textWidth(name, 9.5) + 8 > width) return []
    const role = layout.roles.get(span.label) ?? 0
    return [label(x + 4, y + 9.5, name, `on-role${isLightRole(role) ? ' dark' : ''} o${role}`)]
  })
}

const roleName = ({ label: role, term }: Span): string =>
  term === undefined ? role : `${role}, term ${term}`

const timesOf = ({ from, to }: Span): string => `${formatTime(from)} to ${formatTime(to)}`

function crashes(spans: readonly Span[], { x, y, cut }: Layout): readonly string[] {
  return spans
    .filter((span) => span.kind === 'down' && span.label === 'crash' && span.from >= cut.from)
    .map((span) => cross(x(span.from), y.get(span.node) ?? 0, 5, 'crash'))
}

function cross(x: number, y: number, size: number, classes: string): string {
  const [left, right] = [length(x - size), length(x + size)]
  const [over, under] = [length(y - size), length(y + size)]
  return element('path', {
    class: classes,
    d: `M${left} ${over}L${right} ${under}M${right} ${over}L${left} ${under}`,
  })
}

function operations(list: readonly Operation[], { x, y, laneHeight }: Layout): readonly string[] {
  const below = Math.min(BAND, laneHeight / 2 - 6)
  return list.map(({ node, type, from, to, outcome, input, output }) => {
    const start = x(from)
    const said = [type, input === undefined ? '' : valueText(input), outcome, valueText(output)]
    return element(
      'rect',
      {
        ...{ class: outcome === 'pending' ? 'unknown' : outcome, x: start, y: (y.get(node) ?? 0) + below },
        ...{ width: Math.max(1.5, x(to) - start), height: 4, rx: 1 },
      },
      title(fit(said.join(' '), 200)),
    )
  })
}

function messages(list: readonly Message[], layout: Layout): readonly string[] {
  const labels = new Labels()
  const parts = list.flatMap((message) =>
    messageParts(message, layout, list.length <= LABELLED ? labels : undefined),
  )
  return parts.length === 0
    ? []
    : [element('g', { class: list.length > MANY ? 'many' : undefined }, parts.join('\n'))]
}

function messageParts(
  message: Message,
  { x, y, cut }: Layout,
  labels: Labels | undefined,
): readonly string[] {
  const { from, to, type, kind, sent, fate, id, isCopy, data } = message
  const [y1, y2] = [y.get(from) ?? 0, y.get(to) ?? 0]
  if (from === to) return []
  const end = endOf(message, cut.to)
  const [x1, x2] = [x(sent), x(end)]
  // What begins or ends outside of the picture is cut at its edge, at the height that it has there.
  const share = (time: number): number => (end === sent ? 0 : (time - sent) / (end - sent))
  const a = sent < cut.from ? y1 + (y2 - y1) * share(cut.from) : y1
  let b = end > cut.to ? y1 + (y2 - y1) * share(cut.to) : y2
  let over = x2
  const isLost = fate.kind === 'lost'
  if (isLost && end === sent) {
    // Lost at its departure: a stub.
    b = y1 + (y2 - y1) * 0.4
    over = Math.min(RIGHT, x1 + 6)
  } else if (isLost) b -= Math.sign(y2 - y1) * 5
  const told = [`#${id} ${isCopy ? 'copy of ' : ''}${kind} ${type}, ${from} to ${to}`, fateText(message)]
  const value = data === undefined ? '' : ` ${fit(valueText(data), 120)}`
  const classes = `${isLost ? 'lost' : 'message'}${kind === 'reply' ? ' reply' : ''}`
  const arrives = fate.kind === 'delivered' && end <= cut.to
  return [
    element(
      'path',
      {
        class: classes,
        d: `M${length(x1)} ${length(a)}L${length(over)} ${length(b)}`,
        'marker-end': arrives ? 'url(#arrow)' : undefined,
      },
      title(`${told.join(', ')}${value}`),
    ),
    ...(isLost && end <= cut.to ? [cross(over, b, 3, 'lost')] : []),
    ...(labels?.place((x1 + over) / 2 + 4, (a + b) / 2, fit(type, 24)) ?? []),
  ]
}

/** Labels that do not cover each other: one that has no room is left out, as its arrow has a tooltip. */
class Labels {
  private readonly boxes: (readonly [number, number, number])[] = []

  place(x: number, y: number, text: string): readonly string[] {
    const right = x + textWidth(text, 9.5)
    const isFree = this.boxes.every(([from, to, at]) => right < from || x > to || Math.abs(y - at) > 10)
    if (!isFree || right > WIDTH) return []
    this.boxes.push([x, right, y])
    return [label(x, y, text, 'small muted')]
  }
}

function fateText({ sent, fate }: Message): string {
  switch (fate.kind) {
    case 'delivered':
      return `${formatTime(sent)} to ${formatTime(fate.at)}`
    case 'lost':
      return `sent at ${formatTime(sent)}, lost at ${formatTime(fate.at)}: ${fate.reason}`
    case 'under-way':
      return `sent at ${formatTime(sent)}, still under way`
  }
}

function violations({ footer }: TraceSource, { cut, x, y, top, bottom }: Layout): readonly string[] {
  return (footer.violations ?? [])
    .filter(({ time, node }) => time >= cut.from && time <= cut.to && (node === undefined || y.has(node)))
    .map(({ name, time, observed }) => {
      const at = x(time)
      return element(
        'path',
        { class: 'violated', d: `M${length(at)} ${length(top - 4)}V${length(bottom)}` },
        title(`violated: ${name}: ${observed}`),
      )
    })
}

/** Only what is in the picture. */
function legendOf(
  { spans, messages: list, operations: calls, faults }: Activity,
  { bottom, roles, cut }: Layout,
  hasViolation: boolean,
): { readonly parts: readonly string[]; readonly height: number } {
  const has = (kind: Span['kind']): boolean => spans.some((span) => span.kind === kind)
  const line = (classes: string, arrow: boolean) => (x: number, y: number) =>
    element('path', {
      class: classes,
      d: `M${length(x)} ${length(y - 4)}h22`,
      'marker-end': arrow ? 'url(#arrow)' : undefined,
    })
  const box = (attributes: Readonly<Record<string, string>>) => (x: number, y: number) =>
    element('rect', { ...attributes, x, y: y - 9, width: 22, height: 10, rx: 2 })
  const isDrawn = list.length <= SVG_MESSAGES
  const entries: (readonly [string, (x: number, y: number) => string])[] = []
  for (const [role, index] of roles) {
    if (!spans.some(({ kind, label: held }) => kind === 'role' && held === role)) continue
    entries.push([role, box({ class: `r${index}` })])
  }
  if (isDrawn && list.some(({ kind }) => kind !== 'reply')) entries.push(['message', line('message', true)])
  if (isDrawn && list.some(({ kind }) => kind === 'reply'))
    entries.push(['reply', line('message reply', true)])
  if (isDrawn && list.some(({ fate }) => fate.kind === 'lost')) {
    entries.push(['lost', (x, y) => line('lost', false)(x, y) + cross(x + 22, y - 4, 3, 'lost')])
  }
  if (spans.some(({ kind, label: by, from }) => kind === 'down' && by === 'crash' && from >= cut.from))
    entries.push(['crash', (x, y) => cross(x + 11, y - 4, 5, 'crash')])
  if (has('paused')) {
    const [ground, stripes] = [box({ class: 'unknown' }), box({ fill: 'url(#paused)' })]
    entries.push(['paused', (x, y) => ground(x, y) + stripes(x, y)])
  }
  if (hasViolation) entries.push(['violation', line('violated', false)])
  for (const outcome of ['ok', 'fail', 'unknown'] as const) {
    if (calls.some((call) => call.outcome === outcome))
      entries.push([`operation ${outcome}`, box({ class: outcome })])
  }
  if (faults.length > 0) entries.push(['fault', box({ class: 'fault' })])
  const parts: string[] = []
  let x = LEFT
  let y = bottom + 42
  for (const [text, draw] of entries) {
    const width = 28 + textWidth(text, 11) + 16
    if (x + width > RIGHT) {
      x = LEFT
      y += 18
    }
    parts.push(draw(x, y), label(x + 28, y, text))
    x += width
  }
  const more = faults.length - FAULT_ROWS
  if (more > 0) parts.push(label(LEFT, (y += 18), `and ${more} more faults, drawn as bands`, 'muted'))
  return { parts, height: entries.length === 0 ? 0 : y - bottom - 18 }
}
