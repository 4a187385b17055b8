/** What the signs of the diagram mean: only those that occur in this run, and how much of it is drawn. */
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { DELAYED, DUPLICATE, LOST, REORDERED } from '../../model/messages.ts'
import { spanText } from '../../model/ticks.ts'
import { grouped } from '../../model/ticks.ts'
import { useThemeVersion } from '../../ui/shell.tsx'
import type { Drawn } from './draw.ts'
import { sign } from './draw.ts'
import type { Palette } from './palette.ts'
import { paletteOf, roleHues } from './palette.ts'
import type { RunStore } from './store.ts'

type Draw = (ctx: CanvasRenderingContext2D, palette: Palette) => void

interface Entry {
  readonly words: string
  readonly draw: Draw
}

export function Legend({ store, drawn }: { readonly store: RunStore; readonly drawn: Drawn }) {
  const entries = useMemo(() => entriesOf(store), [store])
  const { messages, shown } = drawn
  return (
    <div class="legend">
      <ul aria-label="Legend">
        {entries.map(({ words, draw }) => (
          <li key={words}>
            <Swatch draw={draw} />
            {words}
          </li>
        ))}
      </ul>
      <p class="aside" role="status">
        {shown < messages
          ? `${grouped(shown)} of ${grouped(messages)} messages in view are drawn: zoom in to see all.`
          : `${grouped(messages)} messages in view.`}
      </p>
    </div>
  )
}

function Swatch({ draw }: { readonly draw: Draw }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const theme = useThemeVersion()
  useEffect(() => {
    const ctx = canvas.current?.getContext('2d')
    if (ctx === null || ctx === undefined) return
    ctx.setTransform(2, 0, 0, 2, 0, 0)
    ctx.clearRect(0, 0, 34, 16)
    ctx.lineWidth = 1.4
    draw(ctx, paletteOf())
  }, [draw, theme])
  return <canvas ref={canvas} width={68} height={32} class="swatch" aria-hidden="true" />
}

function stroke(ctx: CanvasRenderingContext2D, colour: string, dash: readonly number[], width = 1.4): void {
  ctx.strokeStyle = ctx.fillStyle = colour
  ctx.lineWidth = width
  ctx.setLineDash([...dash])
  ctx.beginPath()
  ctx.moveTo(1, 13)
  ctx.lineTo(33, 3)
  ctx.stroke()
  ctx.setLineDash([])
}

function entriesOf(store: RunStore): readonly Entry[] {
  const { bands, messages, data } = store
  const hues = roleHues(bands.roleNames)
  const has = (flag: number): boolean => messages.flags.some((flags) => (flags & flag) !== 0)
  const statuses = new Set(data.operations.map(({ status }) => status))
  const entries: (Entry | false)[] = [
    ...[...hues].slice(0, 8).map(([role, hue]): Entry => ({
      words: role,
      draw: (ctx, palette) => {
        ctx.fillStyle = palette[hue]
        ctx.fillRect(1, 5, 32, 6)
      },
    })),
    messages.count > 0 && { words: 'message', draw: (ctx, { soft }) => stroke(ctx, soft, []) },
    has(LOST) && {
      words: 'lost',
      draw: (ctx, { red }) => {
        stroke(ctx, red, [5, 3])
        sign(ctx, LOST, 28, 5)
      },
    },
    has(DUPLICATE) && {
      words: 'duplicate',
      draw: (ctx, { blue }) => {
        stroke(ctx, blue, [2, 3])
        sign(ctx, DUPLICATE, 22, 7)
      },
    },
    has(REORDERED) && {
      words: 'reordered',
      draw: (ctx, { purple }) => {
        stroke(ctx, purple, [9, 3, 2, 3])
        sign(ctx, REORDERED, 22, 7)
      },
    },
    has(DELAYED) && {
      words: `delayed (over 8 × the median, ${spanText(messages.median)})`,
      draw: (ctx, { orange }) => {
        stroke(ctx, orange, [], 2)
        sign(ctx, DELAYED, 22, 7)
      },
    },
    statuses.has('ok') && {
      words: 'operation',
      draw: (ctx, { green }) => {
        ctx.fillStyle = green
        ctx.fillRect(1, 5, 32, 5)
      },
    },
    statuses.has('fail') && {
      words: 'operation that failed',
      draw: (ctx, { red }) => {
        ctx.strokeStyle = red
        ctx.strokeRect(1.5, 5.5, 31, 5)
      },
    },
    (statuses.has('unknown') || statuses.has('open')) && {
      words: 'operation of unknown outcome',
      draw: (ctx, { unsure }) => {
        ctx.fillStyle = unsure
        for (let x = 1; x < 33; x += 6) ctx.fillRect(x, 4, 3, 7)
      },
    },
    bands.lives.some(({ state }) => state === 'down') && {
      words: 'down',
      draw: (ctx, { faint }) => hatchSwatch(ctx, faint, 5),
    },
    bands.lives.some(({ state }) => state === 'paused') && {
      words: 'paused',
      draw: (ctx, { unsure }) => {
        ctx.fillStyle = unsure
        for (let x = 1; x < 33; x += 8) ctx.fillRect(x, 1, 3, 14)
      },
    },
    bands.faults.some(({ lasts, category }) => lasts && category !== 'process') && {
      words: 'touched by a fault',
      draw: (ctx, { red }) => {
        ctx.globalAlpha = 0.12
        ctx.fillStyle = red
        ctx.fillRect(1, 1, 32, 14)
        ctx.globalAlpha = 0.6
        hatchSwatch(ctx, red, 10)
        ctx.globalAlpha = 1
      },
    },
  ]
  return entries.filter((entry) => entry !== false)
}

function hatchSwatch(ctx: CanvasRenderingContext2D, colour: string, gap: number): void {
  ctx.save()
  ctx.strokeStyle = colour
  ctx.lineWidth = 1
  ctx.beginPath()
  ctx.rect(1, 1, 32, 14)
  ctx.clip()
  ctx.beginPath()
  for (let x = -14; x < 34; x += gap) {
    ctx.moveTo(x, 15)
    ctx.lineTo(x + 14, 1)
  }
  ctx.stroke()
  ctx.restore()
}
