/**
 * A plot of a few points a line, with confidence bands: as SVG, so that it prints sharply and every point can be pointed
 * at. Lines differ in colour, dash and the shape of their points.
 */
import type { JSX } from 'preact'
import type { PlotLine } from '../compare/lines.ts'
import './line-plot.css'

const WIDTH = 640
const HEIGHT = 300
const LEFT = 64
const RIGHT = 16
const TOP = 14
const BOTTOM = 46

export interface LinePlotProps {
  readonly label: string
  readonly xName: string
  readonly yName: string
  readonly lines: readonly PlotLine[]
  /** Labels along x, and where they stand from 0 to 1. */
  readonly ticks: readonly (readonly [string, number])[]
  readonly format: (value: number) => string
  /** A share ends at 1. */
  readonly most?: number
}

const SHAPES: readonly ((x: number, y: number) => string)[] = [
  (x, y) => `M${x - 4} ${y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z`,
  (x, y) => `M${x - 4} ${y - 4}h8v8h-8z`,
  (x, y) => `M${x} ${y - 5}l5 9h-10z`,
  (x, y) => `M${x} ${y - 5}l5 5l-5 5l-5 -5z`,
  (x, y) => `M${x} ${y + 5}l5 -9h-10z`,
]

export function LinePlot({ label, xName, yName, lines, ticks, format, most }: LinePlotProps) {
  const points = lines.flatMap((line) => line.points)
  const high = Math.max(0, ...points.map((point) => point.high))
  const low = Math.min(0, ...points.map((point) => point.low))
  // Both ends are whole steps, so that 0 and all numbers beside the lines are round.
  const reach = most ?? niceTop(Math.max(high, -low))
  const step = reach / 4
  const bottom = low < 0 ? -Math.ceil(-low / step - 1e-9) * step : 0
  const top = most ?? (high > 0 ? Math.ceil(high / step - 1e-9) * step : low < 0 ? 0 : reach)
  const x = (at: number): number => round(LEFT + 14 + at * (WIDTH - LEFT - RIGHT - 28))
  const y = (value: number): number =>
    round(TOP + (1 - (Math.min(value, top) - bottom) / (top - bottom)) * (HEIGHT - TOP - BOTTOM))
  const count = Math.round((top - bottom) / step)
  const steps = Array.from({ length: count + 1 }, (_, index) => (Math.round(bottom / step) + index) * step)
  return (
    <div class="line-plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        {steps.map((value) => (
          <g key={value}>
            <path class="grid" d={`M${LEFT} ${y(value)}H${WIDTH - RIGHT}`} />
            <text class="tick" x={LEFT - 8} y={y(value) + 4} text-anchor="end">
              {format(value)}
            </text>
          </g>
        ))}
        {apart(ticks, x).map(([text, at]) => (
          <text key={text} class="tick" x={x(at)} y={HEIGHT - BOTTOM + 18} text-anchor="middle">
            {text}
          </text>
        ))}
        <text class="axis" x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 8} text-anchor="middle">
          {xName}
        </text>
        <text
          class="axis"
          transform={`translate(14 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)`}
          text-anchor="middle"
        >
          {yName}
        </text>
        {lines.map((line, index) => (
          <Band key={line.label} line={line} index={index} x={x} y={y} />
        ))}
        {lines.map((line, index) => (
          <Line key={line.label} line={line} index={index} x={x} y={y} format={format} />
        ))}
      </svg>
      <ul class="legend" aria-label="Lines">
        {lines.map((line, index) => (
          <li key={line.label}>
            <svg viewBox="0 0 34 14" width="34" height="14" aria-hidden="true">
              <path class={`line hue-${index % 8} dash-${index % 4}`} d="M1 7H33" />
              <path class={`point hue-${index % 8}`} d={shape(index)(17, 7)} />
            </svg>
            {line.label}
          </li>
        ))}
      </ul>
    </div>
  )
}

interface Drawn {
  readonly line: PlotLine
  readonly index: number
  readonly x: (at: number) => number
  readonly y: (value: number) => number
}

function Band({ line: { points }, index, x, y }: Drawn): JSX.Element | null {
  if (points.length < 2) return null
  const over = points.map(({ at, high }) => `${x(at)} ${y(high)}`)
  const under = points.map(({ at, low }) => `${x(at)} ${y(low)}`).reverse()
  return <path class={`band hue-${index % 8}`} d={`M${[...over, ...under].join('L')}Z`} />
}

function Line({
  line: { label, points },
  index,
  x,
  y,
  format,
}: Drawn & { readonly format: LinePlotProps['format'] }) {
  const path = points.map(({ at, mean }) => `${x(at)} ${y(mean)}`).join('L')
  return (
    <g>
      {points.length > 1 ? <path class={`line hue-${index % 8} dash-${index % 4}`} d={`M${path}`} /> : null}
      {points.map(({ at, value, mean, low, high, runs }) => (
        <g key={value}>
          <path class={`whisker hue-${index % 8}`} d={`M${x(at)} ${y(low)}V${y(high)}`} />
          <path class={`point hue-${index % 8}`} d={shape(index)(x(at), y(mean))}>
            <title>{`${label}, ${value}: ${format(mean)} (95 %: ${format(low)} to ${format(high)}; ${runs} runs)`}</title>
          </path>
        </g>
      ))}
    </g>
  )
}

function shape(index: number): (x: number, y: number) => string {
  return SHAPES[index % SHAPES.length] as (x: number, y: number) => string
}

/** Labels that do not run into each other. */
function apart(ticks: LinePlotProps['ticks'], x: (at: number) => number): LinePlotProps['ticks'] {
  let free = -Infinity
  return ticks.filter(([text, at]) => {
    const half = (text.length * 7) / 2
    if (x(at) - half < free) return false
    free = x(at) + half + 8
    return true
  })
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** A number that is not below a value, and whose quarters are round. */
function niceTop(value: number): number {
  if (value <= 0) return 1
  const unit = 10 ** Math.floor(Math.log10(value))
  return (
    ([1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((factor) => factor * unit >= value * (1 - 1e-9)) ?? 10) *
    unit
  )
}
