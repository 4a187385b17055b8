/**
 * Seeds as squares in the order of their numbers: colour and sign say how the run ended, and the lighter a run that held,
 * the fewer events it had. A canvas, so that a hundred thousand of them are no burden; moved over by keys.
 */
import { useEffect, useRef } from 'preact/hooks'
import type { SweepData } from '../../sweep/data.ts'
import { themeColour, useThemeVersion } from '../../ui/shell.tsx'
import { endedText } from './ended.ts'

interface HeatMapProps {
  readonly data: SweepData
  readonly picked: number | undefined
  readonly pick: (index: number | undefined) => void
}

const FAILURES = [
  '--hue-red',
  '--hue-purple',
  '--hue-orange',
  '--hue-blue',
  '--hue-yellow',
  '--hue-sky',
] as const
const SIGNS = ['✕', '▲', '■', '◆', '●', '+'] as const

interface Grid {
  readonly cell: number
  readonly columns: number
  readonly rows: number
}

/** Squares as large as they can be, so that the map is not higher than a screen. */
function gridOf(width: number, count: number): Grid {
  for (const cell of [28, 22, 16, 12, 9, 7, 5, 4, 3]) {
    const columns = Math.max(1, Math.floor(width / cell))
    const rows = Math.ceil(count / columns)
    if (rows * cell <= 420 || cell === 3) return { cell, columns, rows }
  }
  return { cell: 3, columns: 1, rows: count }
}

export function HeatMap({ data, picked, pick }: HeatMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const grid = useRef<Grid>({ cell: 3, columns: 1, rows: 1 })
  const theme = useThemeVersion()
  const count = data.run.seeds.length
  useEffect(() => {
    const element = canvas.current
    const host = element?.parentElement
    if (element === null || host === null || host === undefined) return undefined
    const draw = (): void => {
      grid.current = gridOf(host.clientWidth, count)
      paint(element, grid.current, data, picked)
    }
    draw()
    const resized = new ResizeObserver(draw)
    resized.observe(host)
    return () => resized.disconnect()
  }, [theme, data, picked])
  const at = (event: MouseEvent): number | undefined => {
    const { cell, columns } = grid.current
    const column = Math.floor(event.offsetX / cell)
    const index = Math.floor(event.offsetY / cell) * columns + column
    return column < columns && index < count ? index : undefined
  }
  const move = (event: KeyboardEvent): void => {
    const { columns } = grid.current
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns, Home: -count, End: count },
    }
    const step = steps[event.key]
    if (step === undefined) {
      if (event.key === 'Escape') pick(undefined)
      return
    }
    event.preventDefault()
    pick(picked === undefined ? 0 : Math.max(0, Math.min(count - 1, picked + step)))
  }
  return (
    <div class="card">
      <div class="heat-map">
        <canvas
          ref={canvas}
          tabIndex={0}
          role="slider"
          aria-label="Runs by seed; arrow keys move from run to run"
          aria-valuemin={data.run.seeds[0] ?? 0}
          aria-valuemax={data.run.seeds.at(-1) ?? 0}
          aria-valuenow={data.run.seeds[picked ?? 0] ?? 0}
          aria-valuetext={
            picked === undefined
              ? 'no run chosen'
              : `seed ${data.run.seeds[picked]}, ${endedText(data, picked)}`
          }
          onClick={(event) => pick(at(event))}
          onKeyDown={move}
          onMouseMove={(event) => {
            const index = at(event)
            event.currentTarget.title =
              index === undefined ? '' : `seed ${data.run.seeds[index]}: ${endedText(data, index)}`
          }}
        />
      </div>
      <Legend data={data} />
    </div>
  )
}

function Legend({ data }: { readonly data: SweepData }) {
  const present = new Set(data.run.ended)
  return (
    <p class="counts">
      {present.has(0) ? (
        <span>
          <span class="swatch ended-held" aria-hidden="true" /> held (paler: fewer events)
        </span>
      ) : null}
      {present.has(1) ? (
        <span>
          <span class="swatch ended-undecided" aria-hidden="true" /> ? undecided
        </span>
      ) : null}
      {present.has(2) ? (
        <span>
          <span class="swatch ended-lost" aria-hidden="true" /> – lost
        </span>
      ) : null}
      {data.failures.map(({ signature }, index) => (
        <span key={signature}>
          <span class={`swatch failure-${index % 6}`} aria-hidden="true" /> {SIGNS[index % 6]} {signature}
        </span>
      ))}
    </p>
  )
}

function paint(
  canvas: HTMLCanvasElement,
  { cell, columns, rows }: Grid,
  data: SweepData,
  picked: number | undefined,
): void {
  const ratio = devicePixelRatio
  const [width, height] = [columns * cell, Math.max(1, rows) * cell]
  canvas.width = width * ratio
  canvas.height = height * ratio
  canvas.style.width = `${width}px`
  canvas.style.height = `${height}px`
  const context = canvas.getContext('2d')
  if (context === null) return
  context.scale(ratio, ratio)
  const { ended, events } = data.run
  const [good, unsure, gone, ink] = ['--good', '--unsure', '--hue-grey', '--ink'].map(themeColour)
  const failures = FAILURES.map(themeColour)
  const most = events.reduce((a, b) => Math.max(a, b), 1)
  const gap = cell > 5 ? 1 : 0
  context.font = `bold ${Math.round(cell * 0.62)}px sans-serif`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  const paper = themeColour('--paper')
  ended.forEach((how, index) => {
    const x = (index % columns) * cell
    const y = Math.floor(index / columns) * cell
    context.globalAlpha = how === 0 ? 0.25 + 0.65 * ((events[index] ?? 0) / most) : 1
    context.fillStyle =
      (how === 0 ? good : how === 1 ? unsure : how === 2 ? gone : failures[(how - 3) % 6]) ?? ''
    context.fillRect(x, y, cell - gap, cell - gap)
    context.globalAlpha = 1
    const sign = how === 0 ? '' : how === 1 ? '?' : how === 2 ? '–' : SIGNS[(how - 3) % 6]
    if (cell >= 12 && sign !== undefined && sign !== '') {
      context.fillStyle = paper
      context.fillText(sign, x + (cell - gap) / 2, y + (cell - gap) / 2 + 0.5)
    }
  })
  if (picked === undefined) return
  context.strokeStyle = ink ?? ''
  context.lineWidth = 2
  context.strokeRect(
    (picked % columns) * cell + 1,
    Math.floor(picked / columns) * cell + 1,
    cell - 2,
    cell - 2,
  )
}
