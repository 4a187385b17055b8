/**
 * Drawing the space-time diagram on canvases: an axis with faults above, a lane a node below. What is drawn depends on how
 * much there is: of very many messages a part, of those that are unusual (lost, copied, reordered, late) all that fit.
 */
import { timeTicks, shortTime } from '../../model/ticks.ts'
import type { FaultSpan } from '../../model/bands.ts'
import type { LaneLayout } from '../../model/lanes.ts'
import { DELAYED, DUPLICATE, LOST, REORDERED } from '../../model/messages.ts'
import { lastAtMost } from '../../run/record-columns.ts'
import type { Palette, RoleHue } from './palette.ts'
import type { RunStore } from './store.ts'
import { briefText } from './texts.ts'

export interface Scene {
  readonly store: RunStore
  readonly layout: LaneLayout
  readonly palette: Palette
  readonly roles: ReadonlyMap<string, RoleHue>
  /** CSS pixels. */
  readonly width: number
  /** Row under the pointer; -1: none. */
  readonly hover: number
}

/** Messages of the usual kind, and unusual ones, that are drawn at most. */
const MESSAGES = 1500
const UNUSUAL = 600
/** Messages up to which each gets an arrowhead. */
const ARROWHEADS = 500
/** Records up to which each gets a dot. */
const DOTS = 3000
/** Unusual messages up to which each gets its sign, and all of them their full strength. */
const SIGNS = 160

export const AXIS_HEIGHT = 28
export const FAULT_HEIGHT = 22
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'

export function xOf(scene: Pick<Scene, 'store' | 'width'>): (time: number) => number {
  const { from, to } = scene.store.shown.view
  const factor = scene.width / (to - from)
  return (time) => (time - from) * factor
}

/** Faults in rows such that none covers another; the last row takes what is left. */
export function faultRows(faults: readonly FaultSpan[], end: number): readonly (readonly FaultSpan[])[] {
  const rows: { until: number; list: FaultSpan[] }[] = []
  for (const fault of faults) {
    const room = fault.to + end * 0.002
    const row = rows.find(({ until }) => until <= fault.from)
    if (row !== undefined) {
      row.list.push(fault)
      row.until = room
    } else if (rows.length < 4) rows.push({ until: room, list: [fault] })
    else rows[3]?.list.push(fault)
  }
  return rows.map(({ list }) => list)
}

// ---- the axis and the faults -----------------------------------------------------------------------------------

export function drawHeader(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  rows: readonly (readonly FaultSpan[])[],
  height: number,
): void {
  const { store, palette, width } = scene
  const { view } = store.shown
  const x = xOf(scene)
  ctx.clearRect(0, 0, width, height)
  ctx.font = FONT
  ctx.textBaseline = 'middle'
  const ticks = timeTicks(view.from, view.to, width / 110)
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0)
  ctx.strokeStyle = palette.line
  ctx.beginPath()
  ctx.moveTo(0, AXIS_HEIGHT - 0.5)
  ctx.lineTo(width, AXIS_HEIGHT - 0.5)
  for (const tick of ticks) {
    const at = Math.round(x(tick)) + 0.5
    ctx.moveTo(at, AXIS_HEIGHT - 6)
    ctx.lineTo(at, AXIS_HEIGHT)
  }
  ctx.stroke()
  ctx.fillStyle = palette.soft
  ctx.textAlign = 'center'
  const label = instantLabel(ctx, scene)
  for (const tick of ticks) {
    const text = shortTime(tick, step)
    const half = ctx.measureText(text).width / 2
    const at = Math.max(half + 2, Math.min(width - half - 2, x(tick)))
    const isCovered = label !== undefined && Math.abs(at - label.middle) < half + label.half + 4
    if (!isCovered) ctx.fillText(text, at, 10)
  }
  rows.forEach((list, index) => drawFaultRow(ctx, scene, list, AXIS_HEIGHT + index * FAULT_HEIGHT))
  for (const violation of store.data.facts.violations) drawViolation(ctx, x(violation.time), palette, width)
  if (label !== undefined) drawInstantLabel(ctx, label, palette)
}

function drawFaultRow(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  list: readonly FaultSpan[],
  top: number,
): void {
  const { palette, width } = scene
  const x = xOf(scene)
  list.forEach((fault, index) => {
    const left = x(fault.from)
    const right = Math.max(left + 3, x(fault.to))
    if (right < 0 || left > width) return
    const [from, to] = [Math.max(0, left), Math.min(width, right)]
    ctx.fillStyle = palette.red
    ctx.globalAlpha = 0.22
    ctx.fillRect(from, top + 3, to - from, FAULT_HEIGHT - 6)
    ctx.globalAlpha = 1
    ctx.fillRect(from, top + 3, to - from, 2)
    if (left >= 0) ctx.fillRect(left, top + 3, 2, FAULT_HEIGHT - 6)
    const next = list[index + 1]
    const room = Math.max(to, Math.min(width, next === undefined ? width : x(next.from))) - from - 10
    const text = fitText(ctx, fault.label, room)
    ctx.fillStyle = palette.ink
    ctx.textAlign = 'left'
    if (text !== '') ctx.fillText(text, from + 6, top + FAULT_HEIGHT / 2 + 1)
  })
}

function drawViolation(ctx: CanvasRenderingContext2D, at: number, palette: Palette, width: number): void {
  if (at < -8 || at > width + 8) return
  ctx.fillStyle = palette.bad
  ctx.beginPath()
  ctx.moveTo(at - 6, AXIS_HEIGHT - 11)
  ctx.lineTo(at + 6, AXIS_HEIGHT - 11)
  ctx.lineTo(at, AXIS_HEIGHT - 1)
  ctx.fill()
}

interface InstantLabel {
  readonly text: string
  readonly middle: number
  readonly half: number
}

/** Where the instant is named; undefined while it is not in view. */
function instantLabel(ctx: CanvasRenderingContext2D, scene: Scene): InstantLabel | undefined {
  const { view, time } = scene.store.shown
  const at = xOf(scene)(time)
  if (at < -1 || at > scene.width + 1) return undefined
  const text = shortTime(time, Math.max(1, (view.to - view.from) / 5000))
  const half = ctx.measureText(text).width / 2 + 6
  return { text, half, middle: Math.max(half, Math.min(scene.width - half, at)) }
}

function drawInstantLabel(
  ctx: CanvasRenderingContext2D,
  { text, middle, half }: InstantLabel,
  palette: Palette,
): void {
  ctx.fillStyle = palette.accent
  ctx.beginPath()
  ctx.roundRect(middle - half, 1, half * 2, 18, 4)
  ctx.fill()
  ctx.fillStyle = palette.paper
  ctx.textAlign = 'center'
  ctx.fillText(text, middle, 10)
}

function fitText(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  if (room < 14) return ''
  if (ctx.measureText(text).width <= room) return text
  let length = text.length
  while (length > 1 && ctx.measureText(`${text.slice(0, length)}…`).width > room) length--
  return length > 1 ? `${text.slice(0, length)}…` : ''
}

// ---- the lanes ---------------------------------------------------------------------------------------------------

/** What was drawn of the messages in view. */
export interface Drawn {
  readonly messages: number
  readonly shown: number
}

export function drawLanes(ctx: CanvasRenderingContext2D, scene: Scene): Drawn {
  const { store, layout, palette, width } = scene
  const { shown } = store
  const x = xOf(scene)
  ctx.clearRect(0, 0, width, layout.height)
  ctx.font = FONT
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  drawGrid(ctx, scene)
  drawFaultTints(ctx, scene, x)
  drawLives(ctx, scene, x)
  drawLines(ctx, scene, x, true)
  ctx.globalAlpha = shown.chain.length > 0 ? 0.2 : 1
  const drawn = drawMessages(ctx, scene, x)
  ctx.globalAlpha = 1
  drawLines(ctx, scene, x, false)
  ctx.globalAlpha = shown.chain.length > 0 ? 0.2 : 1
  drawOperations(ctx, scene, x)
  drawDots(ctx, scene, x)
  ctx.globalAlpha = 1
  drawLabels(ctx, scene, x)
  drawChain(ctx, scene, x)
  drawInstant(ctx, scene, x)
  drawSelected(ctx, scene, x)
  for (const { time } of store.data.facts.violations) {
    const at = x(time)
    if (at < 0 || at > width) continue
    ctx.strokeStyle = palette.bad
    ctx.setLineDash([2, 3])
    line(ctx, at, 0, at, layout.height)
    ctx.setLineDash([])
  }
  return drawn
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}

function drawGrid(ctx: CanvasRenderingContext2D, scene: Scene): void {
  const { store, layout, palette, width } = scene
  const { from, to } = store.shown.view
  const x = xOf(scene)
  ctx.lineWidth = 1
  ctx.strokeStyle = palette.grid
  ctx.beginPath()
  for (const tick of timeTicks(from, to, width / 110)) {
    const at = Math.round(x(tick)) + 0.5
    ctx.moveTo(at, 0)
    ctx.lineTo(at, layout.height)
  }
  for (const { top, height } of layout.lanes) {
    ctx.moveTo(0, Math.round(top + height) - 0.5)
    ctx.lineTo(width, Math.round(top + height) - 0.5)
  }
  ctx.stroke()
}

type X = (time: number) => number

function drawFaultTints(ctx: CanvasRenderingContext2D, { store, layout, palette, width }: Scene, x: X): void {
  for (const { from, to, touched, lasts, category } of store.bands.faults) {
    // Crashes and pauses show on the lane itself.
    if (!lasts || category === 'process') continue
    const [left, right] = [Math.max(0, x(from)), Math.min(width, x(to))]
    if (right < 0 || left > width || right <= left) continue
    for (const lane of lanesOf(layout, touched)) {
      const { top, height } = layout.lanes[lane] as LaneLayout['lanes'][number]
      ctx.fillStyle = palette.red
      ctx.globalAlpha = 0.08
      ctx.fillRect(left, top + 1, right - left, height - 2)
      ctx.globalAlpha = 0.35
      hatch(ctx, left, top + 1, right - left, height - 2, palette.red, category === 'clock' ? 'dots' : 'wide')
      ctx.globalAlpha = 1
    }
  }
}

function lanesOf({ laneOf }: LaneLayout, nodes: readonly number[]): ReadonlySet<number> {
  return new Set(nodes.map((node) => laneOf[node] as number))
}

const patterns = new Map<string, HTMLCanvasElement>()

/** Fills a rectangle with a pattern: patterns tell bands apart where colours cannot. */
function hatch(
  ctx: CanvasRenderingContext2D,
  left: number,
  top: number,
  width: number,
  height: number,
  colour: string,
  style: 'dense' | 'wide' | 'dots' | 'bars',
): void {
  const key = `${style} ${colour}`
  let tile = patterns.get(key)
  if (tile === undefined) {
    tile = document.createElement('canvas')
    const size = (tile.width = tile.height = style === 'wide' ? 14 : 8)
    const pen = tile.getContext('2d')
    if (pen !== null) {
      pen.strokeStyle = pen.fillStyle = colour
      pen.lineWidth = 1
      pen.beginPath()
      if (style === 'dots') pen.arc(4, 4, 1.1, 0, 7)
      else if (style === 'bars') pen.rect(0, 0, 3, 8)
      else
        for (const shift of [-size, 0, size]) {
          pen.moveTo(shift, size)
          pen.lineTo(shift + size, 0)
        }
      if (style === 'dots' || style === 'bars') pen.fill()
      else pen.stroke()
    }
    patterns.set(key, tile)
  }
  const pattern = ctx.createPattern(tile, 'repeat')
  if (pattern === null) return
  ctx.fillStyle = pattern
  ctx.fillRect(left, top, width, height)
}

/** How thick a node's line is: that of a node in a folded lane is thin. */
function thickness(layout: LaneLayout, node: number): number {
  const lane = layout.lanes[layout.laneOf[node] as number]
  if (lane !== undefined && !lane.folded) return 6
  return Math.max(0.6, Math.min(2, ((lane?.height ?? 0) - 20) / (lane?.nodes.length ?? 1) - 0.6))
}

function extent(layout: LaneLayout, node: number): readonly [number, number] {
  const lane = layout.lanes[layout.laneOf[node] as number]
  if (lane === undefined) return [0, 0]
  if (!lane.folded) return [lane.top + 4, lane.height - 8]
  const each = Math.max(3, (lane.height - 20) / lane.nodes.length)
  return [(layout.y[node] as number) - each / 2, each]
}

function drawLives(ctx: CanvasRenderingContext2D, { store, layout, palette, width }: Scene, x: X): void {
  for (const { node, state, from, to } of store.bands.lives) {
    const [left, right] = [Math.max(0, x(from)), Math.min(width, x(to))]
    if (right < 0 || left > width) continue
    const [top, height] = extent(layout, node)
    const span = Math.max(2, right - left)
    const colour = state === 'down' ? palette.faint : palette.unsure
    ctx.globalAlpha = 0.55
    hatch(ctx, left, top, span, height, colour, state === 'down' ? 'dense' : 'bars')
    ctx.globalAlpha = 1
  }
}

/** The line of each node, there while it is up, in the colour of its role; of those in folded lanes, or of the others. */
function drawLines(ctx: CanvasRenderingContext2D, scene: Scene, x: X, folded: boolean): void {
  const { store, layout, palette, roles, width } = scene
  const gaps = store.bands.lives.filter(({ state }) => state === 'down')
  ctx.strokeStyle = palette.faint
  ctx.lineWidth = folded ? 0.5 : 1.5
  const isOther = (node: number): boolean =>
    (layout.lanes[layout.laneOf[node] as number]?.folded === true) !== folded
  ctx.beginPath()
  layout.y.forEach((y, node) => {
    if (isOther(node)) return
    let from = 0
    for (const gap of gaps) {
      if (gap.node !== node) continue
      ctx.moveTo(x(from), y)
      ctx.lineTo(Math.min(width, x(gap.from)), y)
      from = gap.to
    }
    ctx.moveTo(Math.max(0, x(from)), y)
    ctx.lineTo(Math.max(0, Math.min(width, x(store.data.facts.endedAt))), y)
  })
  ctx.stroke()
  for (const { node, role, from, to } of store.bands.roles) {
    const [left, right] = [Math.max(0, x(from)), Math.min(width, x(to))]
    if (right < 0 || left > width || right - left < 0.5) continue
    const y = layout.y[node] as number
    if (isOther(node)) continue
    const thick = thickness(layout, node)
    const hue = roles.get(role) ?? 'grey'
    ctx.fillStyle = palette[hue]
    // In a folded lane who leads has to be found among many who follow.
    const leads = folded && hue === 'orange'
    ctx.globalAlpha = folded && !leads ? 0.4 : 1
    ctx.fillRect(left, y - (leads ? 2 : thick / 2), right - left, leads ? 4 : thick)
    ctx.globalAlpha = 1
    if (thick >= 6 && x(from) >= 0) ctx.fillRect(left, y - 7, 2, 14)
  }
}

/** Roles and lives in words, on top of everything, where there is room for them. */
function drawLabels(ctx: CanvasRenderingContext2D, { store, layout, palette, width }: Scene, x: X): void {
  for (const { node, state, from, to } of store.bands.lives) {
    const text = state === 'down' ? 'down' : 'paused'
    labelBand(ctx, layout, palette, node, text, Math.max(0, x(from)), Math.min(width, x(to)))
  }
  for (const { node, label, from, to } of store.bands.roles) {
    const [left, right] = [Math.max(0, x(from)), Math.min(width, x(to))]
    if (right < 0 || left > width || thickness(layout, node) < 6) continue
    const text = fitText(ctx, label, right - left - 10)
    if (text === '' || text.length < Math.min(5, label.length)) continue
    const y = (layout.y[node] as number) + 13
    ctx.lineWidth = 4
    ctx.strokeStyle = palette.paper
    ctx.lineJoin = 'round'
    ctx.strokeText(text, left + 6, y)
    ctx.fillStyle = palette.ink
    ctx.fillText(text, left + 6, y)
  }
}

function labelBand(
  ctx: CanvasRenderingContext2D,
  layout: LaneLayout,
  palette: Palette,
  node: number,
  text: string,
  left: number,
  right: number,
): void {
  const room = ctx.measureText(text).width + 12
  if (right - left < room || layout.lanes[layout.laneOf[node] as number]?.folded === true) return
  const middle = (left + right) / 2
  const y = layout.y[node] as number
  ctx.fillStyle = palette.paper
  ctx.beginPath()
  ctx.roundRect(middle - room / 2, y - 9, room, 18, 4)
  ctx.fill()
  ctx.fillStyle = palette.ink
  ctx.textAlign = 'center'
  ctx.fillText(text, middle, y)
  ctx.textAlign = 'left'
}

function drawMessages(ctx: CanvasRenderingContext2D, scene: Scene, x: X): Drawn {
  const { store, layout, palette } = scene
  const { messages, records, shown } = store
  const { matches, view } = shown
  const chosen: number[] = []
  const empty: number[] = []
  const unusual: number[] = []
  for (const message of messagesIn(store, view.from, view.to)) {
    const [from, to] = [messages.from[message] as number, messages.to[message] as number]
    if (matches !== undefined && matches[from] !== 1 && matches[to] !== 1) continue
    if (store.isHidden(from)) continue
    if (store.acknowledgements[from] === 1) empty.push(message)
    else if ((messages.flags[message] as number) === 0) chosen.push(message)
    else unusual.push(message)
  }
  const every = Math.ceil(chosen.length / MESSAGES)
  const everyUnusual = Math.ceil(unusual.length / UNUSUAL)
  const everyEmpty = Math.ceil(empty.length / MESSAGES)
  const all = chosen.length + unusual.length + empty.length
  const isDense = all > ARROWHEADS
  const point = (message: number): readonly [number, number, number, number] => {
    const from = messages.from[message] as number
    const to = messages.to[message] as number
    const x1 = x(records.t[from] as number)
    const y1 = layout.y[records.node[from] as number] ?? 0
    const x2 = x(records.t[to] as number)
    const y2 = layout.y[messages.receiver[message] as number] ?? y1
    const wasLost = ((messages.flags[message] as number) & LOST) !== 0
    // What is lost at once is drawn half way, as if the network had swallowed it.
    if (wasLost && records.node[to] === records.node[from]) {
      const lead = Math.max(8, (x(view.from + messages.median) - x(view.from)) / 2)
      return [x1, y1, Math.max(x2, x1 + lead), y1 + (y2 - y1) * 0.5]
    }
    return [x1, y1, x2, y2]
  }
  let count = 0
  const alpha = ctx.globalAlpha
  ctx.lineWidth = 1
  ctx.strokeStyle = palette.soft
  // Many lines add up to a wall; the more there are, the fainter each is.
  ctx.globalAlpha = alpha * Math.max(0.07, Math.min(0.65, 150 / Math.max(1, chosen.length / every)))
  ctx.beginPath()
  for (let i = 0; i < chosen.length; i += every) {
    const [x1, y1, x2, y2] = point(chosen[i] as number)
    ctx.moveTo(x1, y1)
    ctx.lineTo(x2, y2)
    count++
  }
  ctx.stroke()
  ctx.globalAlpha = alpha * Math.max(0.05, Math.min(0.4, 100 / Math.max(1, empty.length)))
  ctx.setLineDash([2, 4])
  ctx.beginPath()
  for (let i = 0; i < empty.length; i += everyEmpty) {
    const [x1, y1, x2, y2] = point(empty[i] as number)
    ctx.moveTo(x1, y1)
    ctx.lineTo(x2, y2)
    count++
  }
  ctx.stroke()
  ctx.setLineDash([])
  ctx.globalAlpha = alpha
  if (!isDense) {
    ctx.fillStyle = palette.soft
    let last = -Infinity
    for (const message of chosen) {
      const ends = point(message)
      // One head on another says nothing; where messages are that close only some get one.
      if (Math.abs(ends[2] - last) < 3 && chosen.length > 60) continue
      last = ends[2]
      arrowhead(ctx, ...ends)
    }
  }
  const hasSigns = unusual.length <= SIGNS
  if (!hasSigns) ctx.globalAlpha = alpha * 0.45
  for (let i = 0; i < unusual.length; i += everyUnusual) {
    const message = unusual[i] as number
    drawUnusual(ctx, palette, messages.flags[message] as number, point(message), hasSigns)
    count++
  }
  ctx.globalAlpha = alpha
  ctx.setLineDash([])
  return { messages: all, shown: count }
}

/** Messages under way at some time within a stretch. */
export function* messagesIn(store: RunStore, from: number, to: number): Generator<number, void, undefined> {
  const { messages, records } = store
  let low = 0
  let high = messages.count
  while (low < high) {
    const middle = (low + high) >> 1
    if ((records.t[messages.to[middle] as number] as number) < from) low = middle + 1
    else high = middle
  }
  for (let message = low; message < messages.count; message++) {
    if ((records.t[messages.to[message] as number] as number) > to + messages.longest) return
    if ((records.t[messages.from[message] as number] as number) <= to) yield message
  }
}

function arrowhead(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  const angle = Math.atan2(y2 - y1, x2 - x1)
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  ctx.beginPath()
  ctx.moveTo(x2, y2)
  ctx.lineTo(x2 - 8 * cos + 3.4 * sin, y2 - 8 * sin - 3.4 * cos)
  ctx.lineTo(x2 - 8 * cos - 3.4 * sin, y2 - 8 * sin + 3.4 * cos)
  ctx.fill()
}

/** Each way in which a message can be unusual has a line and a sign of its own. */
function drawUnusual(
  ctx: CanvasRenderingContext2D,
  palette: Palette,
  flags: number,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  hasSign: boolean,
): void {
  const isLost = (flags & LOST) !== 0
  const style = isLost
    ? ([palette.red, [5, 3], 1.4] as const)
    : (flags & DUPLICATE) !== 0
      ? ([palette.blue, [2, 3], 1.4] as const)
      : (flags & REORDERED) !== 0
        ? ([palette.purple, [9, 3, 2, 3], 1.4] as const)
        : ([palette.orange, [], 2] as const)
  const [colour, dash, thick] = style
  ctx.strokeStyle = ctx.fillStyle = colour
  ctx.lineWidth = thick
  ctx.setLineDash([...dash])
  line(ctx, x1, y1, x2, y2)
  ctx.setLineDash([])
  if (!hasSign) return
  if (!isLost) arrowhead(ctx, x1, y1, x2, y2)
  const [mx, my] = isLost ? [x2, y2] : [x1 + (x2 - x1) * 0.7, y1 + (y2 - y1) * 0.7]
  sign(ctx, flags, mx, my)
}

/** × lost, ○ a copy, △ reordered, ◇ delayed. */
export function sign(ctx: CanvasRenderingContext2D, flags: number, x: number, y: number): void {
  ctx.lineWidth = 1.8
  ctx.beginPath()
  if ((flags & LOST) !== 0) {
    ctx.moveTo(x - 4, y - 4)
    ctx.lineTo(x + 4, y + 4)
    ctx.moveTo(x - 4, y + 4)
    ctx.lineTo(x + 4, y - 4)
  } else if ((flags & DUPLICATE) !== 0) ctx.arc(x, y, 3.6, 0, 7)
  else if ((flags & REORDERED) !== 0) polygon(ctx, [x, y - 5], [x + 4.5, y + 3.5], [x - 4.5, y + 3.5])
  else if ((flags & DELAYED) !== 0) polygon(ctx, [x, y - 5], [x + 5, y], [x, y + 5], [x - 5, y])
  ctx.stroke()
}

function polygon(ctx: CanvasRenderingContext2D, ...points: (readonly [number, number])[]): void {
  points.forEach(([x, y], index) => (index === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)))
  ctx.closePath()
}

const BAR = 5
/** Where operations stand: so many pixels above the line of their client. */
const BAR_RISE = 10

function drawOperations(ctx: CanvasRenderingContext2D, scene: Scene, x: X): void {
  const { store, layout, palette, width } = scene
  const { shown, records } = store
  const alpha = ctx.globalAlpha
  for (const operation of store.data.operations) {
    const { node, status, from, to = store.end, record } = operation
    const [left, right] = [x(from), x(to)]
    if (right < 0 || left > width || node < 0) continue
    if (shown.matches !== undefined && shown.matches[records.rowOf(record)] !== 1) continue
    const lane = layout.lanes[layout.laneOf[node] as number]
    const isFolded = lane === undefined || lane.folded
    const [top, height] = isFolded
      ? [(layout.y[node] as number) - 1.5, 3]
      : [(layout.y[node] as number) - BAR_RISE - BAR, BAR]
    const [a, b] = [Math.max(-2, left), Math.min(width + 2, Math.max(right, left + 1.5))]
    ctx.fillStyle = ctx.strokeStyle =
      status === 'ok' ? palette.green : status === 'fail' ? palette.red : palette.unsure
    if (status === 'ok') {
      ctx.globalAlpha = alpha * 0.75
      ctx.fillRect(a, top, b - a, height)
      ctx.globalAlpha = alpha
    } else if (status === 'fail' || isFolded) {
      ctx.lineWidth = 1
      ctx.strokeRect(a + 0.5, top + 0.5, Math.max(1, b - a - 1), height - 1)
    } else hatch(ctx, a, top - 1, b - a, height + 2, palette.unsure, 'bars')
    if (isFolded || lane.height < 46 || b - a < 40) continue
    ctx.fillStyle = palette.soft
    const text = fitText(ctx, briefText(operation), b - a - 4)
    if (text === '') continue
    ctx.lineWidth = 3
    ctx.lineJoin = 'round'
    ctx.strokeStyle = palette.paper
    ctx.strokeText(text, a + 2, top - 8)
    ctx.fillText(text, a + 2, top - 8)
  }
  ctx.globalAlpha = alpha
}

/** Kinds that show only when they are asked for; which show always, the store knows. */
const QUIET = new Set(['timer', 'condition', 'disk', 'work', 'handle', 'stream', 'connect'])

function* rowsFrom(first: number, last: number): Generator<number, void, undefined> {
  for (let row = first; row <= last; row++) yield row
}

function drawDots(ctx: CanvasRenderingContext2D, scene: Scene, x: X): void {
  const { store, layout, palette } = scene
  const { records, shown } = store
  const { view, matches, timers } = shown
  const first = Math.max(0, lastAtMost(records.t, view.from - 1, records.count))
  const last = records.rowAt(view.to)
  // Of very many records only those show that must not be overlooked.
  const isSparse = last - first < DOTS
  const rows = isSparse ? rowsFrom(first, last) : store.loud.filter((row) => row >= first && row <= last)
  for (const row of rows) {
    const node = records.node[row] as number
    if (node < 0 || (matches !== undefined && matches[row] !== 1)) continue
    const kind = records.kindOf(row)
    if ((!timers && QUIET.has(kind)) || store.isHidden(row)) continue
    const at = x(records.t[row] as number)
    const y = layout.y[node] as number
    switch (kind) {
      case 'crash':
      case 'stop':
      case 'error':
        ctx.strokeStyle = palette.bad
        ctx.lineWidth = 3
        ctx.beginPath()
        ctx.moveTo(at - 6, y - 6)
        ctx.lineTo(at + 6, y + 6)
        ctx.moveTo(at - 6, y + 6)
        ctx.lineTo(at + 6, y - 6)
        ctx.stroke()
        break
      case 'timeout':
        ctx.strokeStyle = palette.bad
        ctx.fillStyle = palette.paper
        ctx.lineWidth = 1.5
        ctx.beginPath()
        ctx.arc(at, y, 4, 0, 7)
        ctx.moveTo(at, y)
        ctx.lineTo(at, y - 3)
        ctx.moveTo(at, y)
        ctx.lineTo(at + 2.2, y)
        ctx.fill()
        ctx.stroke()
        break
      case 'start':
      case 'role':
      case 'pause':
      case 'resume':
        break
      default:
        ctx.fillStyle = QUIET.has(kind) ? palette.faint : palette.ink
        if (QUIET.has(kind)) ctx.fillRect(at - 0.75, y + 3, 1.5, 6)
        else {
          ctx.beginPath()
          ctx.arc(at, y, 2.2, 0, 7)
          ctx.fill()
        }
    }
  }
}

function drawChain(ctx: CanvasRenderingContext2D, { store, layout, palette }: Scene, x: X): void {
  const { records, shown } = store
  const { chain } = shown
  if (chain.length === 0) return
  ctx.strokeStyle = palette.accent
  ctx.lineWidth = 3
  ctx.lineJoin = 'round'
  ctx.beginPath()
  let isBegun = false
  for (const row of chain) {
    const y = layout.y[records.node[row] as number]
    const at = x(records.t[row] as number)
    // The world has no lane: what it does comes from above.
    if (y === undefined) ctx.moveTo(at, 0)
    else if (isBegun) ctx.lineTo(at, y)
    else ctx.moveTo(at, y)
    isBegun = true
  }
  ctx.stroke()
  ctx.fillStyle = palette.paper
  ctx.lineWidth = 2
  for (const row of chain) {
    const y = layout.y[records.node[row] as number]
    if (y === undefined) continue
    ctx.beginPath()
    ctx.arc(x(records.t[row] as number), y, 4, 0, 7)
    ctx.fill()
    ctx.stroke()
  }
}

function drawInstant(ctx: CanvasRenderingContext2D, { store, layout, palette, width }: Scene, x: X): void {
  const at = x(store.shown.time)
  if (at < -1 || at > width + 1) return
  ctx.strokeStyle = palette.accent
  ctx.lineWidth = 1.5
  line(ctx, at, 0, at, layout.height)
}

function drawSelected(ctx: CanvasRenderingContext2D, { store, layout, palette, hover }: Scene, x: X): void {
  const { records, shown } = store
  for (const [row, colour, size] of [
    [hover, palette.soft, 6],
    [shown.row, palette.accent, 8],
  ] as const) {
    const y = layout.y[records.node[row] as number]
    if (row < 0 || y === undefined) continue
    ctx.strokeStyle = colour
    ctx.lineWidth = 2.5
    ctx.beginPath()
    ctx.arc(x(records.t[row] as number), y, size, 0, 7)
    ctx.stroke()
  }
}

// ---- finding what the pointer means -----------------------------------------------------------------------------

const NEAR = 9

/** The row of the record or message nearest to a point; -1 if nothing is near. */
export function rowNear(scene: Scene, px: number, py: number): number {
  const { store, layout } = scene
  const { records, messages, shown } = store
  const { view, matches, timers } = shown
  const x = xOf(scene)
  const perPixel = (view.to - view.from) / scene.width
  const time = view.from + px * perPixel
  let best = -1
  let nearest = NEAR
  const isChosen = (row: number): boolean => matches === undefined || matches[row] === 1
  const from = Math.max(0, records.rowAt(time - NEAR * perPixel))
  const to = records.rowAt(time + NEAR * perPixel)
  for (let row = from; row <= to; row++) {
    const node = records.node[row] as number
    if (node < 0 || !isChosen(row) || store.isHidden(row)) continue
    if (!timers && QUIET.has(records.kindOf(row))) continue
    const distance = Math.hypot(x(records.t[row] as number) - px, (layout.y[node] as number) - py)
    if (distance < nearest) {
      nearest = distance
      best = row
    }
  }
  if (best >= 0) return best
  nearest = 5
  for (const message of messagesIn(store, time, time)) {
    const [a, b] = [messages.from[message] as number, messages.to[message] as number]
    if ((!isChosen(a) && !isChosen(b)) || store.isHidden(a)) continue
    const x1 = x(records.t[a] as number)
    const y1 = layout.y[records.node[a] as number] ?? 0
    const x2 = x(records.t[b] as number)
    const y2 = layout.y[messages.receiver[message] as number] ?? y1
    const distance = distanceToLine(px, py, x1, y1, x2, y2)
    if (distance < nearest) {
      nearest = distance
      best = ((messages.flags[message] as number) & LOST) !== 0 ? b : a
    }
  }
  return best
}

function distanceToLine(px: number, py: number, x1: number, y1: number, x2: number, y2: number): number {
  const length = (x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1)
  const share =
    length === 0 ? 0 : Math.max(0, Math.min(1, ((px - x1) * (x2 - x1) + (py - y1) * (y2 - y1)) / length))
  return Math.hypot(px - x1 - share * (x2 - x1), py - y1 - share * (y2 - y1))
}
