/**
 * A chart of lines over equal steps, drawn by uPlot, with bands behind (faults) and its numbers as a table. Lines differ in
 * colour and in dash.
 */
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { onThemeChange, themeColour } from './shell.tsx'
import { Table } from './table.tsx'

export interface ChartLine {
  readonly label: string
  readonly values: readonly (number | null)[]
  /** Lower and upper bounds of a confidence band, of the same length. */
  readonly low?: readonly (number | null)[]
  readonly high?: readonly (number | null)[]
}

/** From one x to another: what stands behind the lines. */
export interface ChartBand {
  readonly from: number
  readonly to: number
  readonly label: string
}

export interface ChartProps {
  readonly title: string
  /** What the numbers are. */
  readonly unit: string
  /** Values of x, ascending. */
  readonly x: readonly number[]
  readonly lines: readonly ChartLine[]
  readonly bands?: readonly ChartBand[]
  /** The part of x that is shown; all of it if absent. */
  readonly view?: { readonly from: number; readonly to: number } | undefined
  /** A vertical line. */
  readonly mark?: number
  readonly formatX: (x: number) => string
  readonly xName: string
  /** Called with x when the chart is clicked. */
  readonly onPick?: (x: number) => void
  /** Called with a range of x that was dragged over. */
  readonly onRange?: (from: number, to: number) => void
}

const HUES = [
  '--hue-blue',
  '--hue-orange',
  '--hue-green',
  '--hue-red',
  '--hue-purple',
  '--hue-sky',
  '--hue-yellow',
  '--hue-grey',
]
const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]]
const HEIGHT = 190
/** Steps of x that are shown at least. */
const STEPS = 8

export function Chart(props: ChartProps) {
  const { title, unit, x, lines } = props
  const host = useRef<HTMLDivElement>(null)
  const latest = useRef(props)
  latest.current = props
  const plot = useRef<uPlot | undefined>(undefined)

  useEffect(() => {
    const element = host.current
    if (element === null) return undefined
    let made: uPlot | undefined
    const draw = (): void => {
      made?.destroy()
      made = plot.current = plotOf(element, latest)
    }
    // A chart that nobody has come to yet costs nothing.
    const seen = new IntersectionObserver(
      (entries) => {
        if (made === undefined && entries.some((entry) => entry.isIntersecting)) draw()
      },
      { rootMargin: '300px' },
    )
    seen.observe(element)
    const resized = new ResizeObserver(() => made?.setSize({ width: element.clientWidth, height: HEIGHT }))
    resized.observe(element)
    // What is printed is drawn now: nothing that waits for a frame would be in time.
    addEventListener('beforeprint', draw)
    const themed = onThemeChange(() => {
      if (made !== undefined) draw()
    })
    return () => {
      seen.disconnect()
      resized.disconnect()
      removeEventListener('beforeprint', draw)
      themed()
      made?.destroy()
      plot.current = undefined
    }
  }, [x, lines])

  useEffect(() => plot.current?.redraw(false, false), [props.mark, props.bands])
  const [first, last] = rangeOf(props)
  useEffect(() => plot.current?.setScale('x', { min: first, max: last }), [first, last])

  return (
    <figure class="chart card">
      <figcaption>
        {title} <span class="unit">{unit}</span>
      </figcaption>
      <div class="plot" ref={host} role="img" aria-label={describe(props)} />
      <Numbers {...props} />
    </figure>
  )
}

/** What of x is shown: at least a few of its steps, since fewer points are no line. */
function rangeOf({ x, view }: ChartProps): readonly [number, number] {
  const [first = 0, last = first + 1] = [x[0], x.at(-1)]
  if (view === undefined) return [first, last]
  const least = ((last - first) / Math.max(1, x.length - 1)) * STEPS
  const middle = (view.from + view.to) / 2
  const half = Math.max(view.to - view.from, least) / 2
  return [Math.max(first, middle - half), Math.min(last, middle + half)]
}

/** In words what the lines do. */
function describe({ title, unit, lines }: ChartProps): string {
  const parts = lines.map(({ label, values }) => {
    const known = values.filter((value): value is number => value !== null)
    if (known.length === 0) return `${label}: no values`
    const least = known.reduce((a, b) => Math.min(a, b))
    const most = known.reduce((a, b) => Math.max(a, b))
    return `${label}: from ${numberText(least)} to ${numberText(most)}`
  })
  return `Chart of ${title} (${unit}). ${parts.join('; ')}.`
}

function Numbers({ title, x, lines, formatX, xName }: ChartProps) {
  return (
    <details class="screen-only">
      <summary>Numbers</summary>
      <LazyTable
        label={title}
        xName={xName}
        rows={x.map(
          (at, index) => [formatX(at), ...lines.map(({ values }) => values[index] ?? null)] as const,
        )}
        heads={lines.map(({ label }) => label)}
      />
    </details>
  )
}

interface NumbersTable {
  readonly label: string
  readonly xName: string
  readonly heads: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

function LazyTable({ label, xName, heads, rows }: NumbersTable) {
  const columns = [xName, ...heads].map((head, index) => ({
    head,
    number: index > 0,
    cell: (row: readonly (string | number | null)[]) => {
      const value = row[index]
      return typeof value === 'number' ? numberText(value) : (value ?? '–')
    },
  }))
  const told = rows.filter((row) => row.slice(1).some((value) => value !== null && value !== 0))
  return <Table label={`Numbers of ${label}`} columns={columns} rows={told} />
}

/** Three or four digits that matter. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value)
  const size = Math.abs(value)
  if (size >= 1000) return value.toFixed(0)
  if (size >= 100) return value.toFixed(1)
  return size >= 1 ? value.toFixed(2) : value.toPrecision(3)
}

function plotOf(element: HTMLElement, latest: { readonly current: ChartProps }): uPlot {
  const { x, lines, formatX } = latest.current
  const [ink, soft, grid] = [themeColour('--ink'), themeColour('--soft'), themeColour('--grid')]
  const font = '12px system-ui, sans-serif'
  const columns: (number | null)[][] = [[...x]]
  const series: uPlot.Series[] = [
    { label: latest.current.xName, value: (_, at) => (at === null ? '–' : formatX(at)) },
  ]
  const bands: uPlot.Band[] = []
  lines.forEach(({ label, values, low, high }, index) => {
    const stroke = themeColour(HUES[index % HUES.length] as string)
    const dash = DASHES[Math.floor(index / 2) % DASHES.length] as readonly number[]
    columns.push([...values])
    const alone = values.length <= 40 ? null : isolated(values)
    series.push({
      label,
      stroke,
      width: 2,
      dash: [...dash],
      points: { show: values.length <= 40, filter: () => alone },
      spanGaps: false,
      value: (_, value) => (value === null ? '–' : numberText(value)),
    })
    if (low === undefined || high === undefined) return
    columns.push([...high], [...low])
    const at = columns.length
    series.push(
      ...[high, low].map((): uPlot.Series => ({ label: '', stroke: 'transparent', points: { show: false } })),
    )
    bands.push({ series: [at - 2, at - 1], fill: stroke.replace('rgb(', 'rgba(').replace(')', ', 0.18)') })
  })
  const axis = { stroke: soft, font, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } }
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: HEIGHT,
    scales: {
      x: { time: false, range: (_, least, most) => [least, most > least ? most : least + 1] },
      y: {
        range: (_, least, most) => [
          Math.min(0, least * 1.08),
          most <= least ? least + 1 : Math.max(most * 1.08, 0),
        ],
      },
    },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map(formatX), space: 80 },
      { ...axis, values: (_, ticks) => ticks.map((tick) => numberText(tick)), size: 58 },
    ],
    series,
    bands,
    cursor: { y: false, drag: { x: true, y: false, setScale: false } },
    legend: { show: lines.length > 1 || lines.some(({ low }) => low !== undefined) },
    hooks: {
      drawClear: [(self) => drawBehind(self, latest.current)],
      draw: [(self) => drawMark(self, latest.current.mark, ink)],
      setSelect: [
        (self) => {
          if (self.select.width < 6) return
          const from = self.posToVal(self.select.left, 'x')
          const to = self.posToVal(self.select.left + self.select.width, 'x')
          self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          latest.current.onRange?.(from, to)
        },
      ],
      ready: [
        (self) => {
          const [min, max] = rangeOf(latest.current)
          self.setScale('x', { min, max })
          self.over.addEventListener('click', () => {
            const { left } = self.cursor
            if (left !== undefined && left >= 0) latest.current.onPick?.(self.posToVal(left, 'x'))
          })
        },
      ],
    },
  }
  const made = new uPlot(options, columns as unknown as uPlot.AlignedData, element)
  return made
}

/** Positions of values with none beside them: no line would show them. */
function isolated(values: readonly (number | null)[]): number[] | null {
  const none = (at: number): boolean => (values[at] ?? null) === null
  const found = values.flatMap((_, at) => (!none(at) && none(at - 1) && none(at + 1) ? [at] : []))
  return found.length === 0 ? null : found
}

/** Bands behind the lines: tinted, with a hatched edge on top. */
function drawBehind(plot: uPlot, { bands = [] }: ChartProps): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  const tint = themeColour('--bad')
  for (const { from, to } of bands) {
    const left = plot.valToPos(from, 'x', true)
    const width = Math.max(2, plot.valToPos(to, 'x', true) - left)
    ctx.fillStyle = tint
    ctx.globalAlpha = 0.1
    ctx.fillRect(left, bbox.top, width, bbox.height)
    ctx.globalAlpha = 0.8
    ctx.fillRect(left, bbox.top, width, 3)
  }
  ctx.restore()
}

function drawMark(plot: uPlot, mark: number | undefined, colour: string): void {
  const { ctx, bbox } = plot
  if (mark === undefined) return
  const at = plot.valToPos(mark, 'x', true)
  if (at < bbox.left || at > bbox.left + bbox.width) return
  ctx.save()
  ctx.strokeStyle = colour
  ctx.lineWidth = devicePixelRatio
  ctx.beginPath()
  ctx.moveTo(at, bbox.top)
  ctx.lineTo(at, bbox.top + bbox.height)
  ctx.stroke()
  ctx.restore()
}
