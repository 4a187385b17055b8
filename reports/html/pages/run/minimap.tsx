/** The whole run in a strip: how much happened when, faults, roles, violations, and the stretch in view, to be moved. */
import { useEffect, useRef } from 'preact/hooks'
import { onThemeChange } from '../../ui/shell.tsx'
import type { Palette } from './palette.ts'
import { paletteOf, roleHues } from './palette.ts'
import type { RunStore } from './store.ts'

const HEIGHT = 46

export function Minimap({ store }: { readonly store: RunStore }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const element = canvas.current
    if (element === null) return undefined
    let palette = paletteOf()
    let still: HTMLCanvasElement | undefined
    let width = element.parentElement?.clientWidth ?? 0
    let asked = 0
    const draw = (): void => {
      asked = 0
      if (width < 10) return
      still ??= drawStill(store, palette, width)
      element.width = still.width
      element.height = still.height
      const pen = element.getContext('2d')
      if (pen === null) return
      pen.drawImage(still, 0, 0)
      pen.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0)
      drawView(pen, store, palette, width)
    }
    const ask = (): void => {
      if (asked === 0) asked = requestAnimationFrame(draw)
    }
    const drag = (event: PointerEvent): void => {
      if (event.buttons === 0) return
      if (event.type === 'pointerdown') element.setPointerCapture(event.pointerId)
      const { left } = element.getBoundingClientRect()
      const { from, to } = store.shown.view
      const middle = ((event.clientX - left) / width) * store.end
      store.setView(middle - (to - from) / 2, middle + (to - from) / 2)
    }
    element.addEventListener('pointerdown', drag)
    element.addEventListener('pointermove', drag)
    const forget = store.subscribe(ask)
    const themed = onThemeChange(() => {
      palette = paletteOf()
      still = undefined
      draw()
    })
    const resized = new ResizeObserver(() => {
      width = element.parentElement?.clientWidth ?? 0
      still = undefined
      ask()
    })
    if (element.parentElement !== null) resized.observe(element.parentElement)
    ask()
    return () => {
      forget()
      themed()
      resized.disconnect()
      cancelAnimationFrame(asked)
      element.removeEventListener('pointerdown', drag)
      element.removeEventListener('pointermove', drag)
    }
  }, [store])
  return (
    <div class="minimap screen-only" title="The whole run: drag to move the view">
      <canvas ref={canvas} role="img" aria-label="The whole run, with the stretch in view" />
    </div>
  )
}

/** What does not change with the view. */
function drawStill(store: RunStore, palette: Palette, width: number): HTMLCanvasElement {
  const { records, bands, end, data } = store
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(width * devicePixelRatio)
  canvas.height = Math.round(HEIGHT * devicePixelRatio)
  const pen = canvas.getContext('2d')
  if (pen === null) return canvas
  pen.scale(devicePixelRatio, devicePixelRatio)
  const x = (time: number): number => (time / end) * width
  for (const { from, to } of bands.faults) {
    pen.fillStyle = palette.red
    pen.globalAlpha = 0.2
    pen.fillRect(x(from), 0, Math.max(2, x(to) - x(from)), HEIGHT)
    pen.globalAlpha = 1
    pen.fillRect(x(from), 0, Math.max(2, x(to) - x(from)), 3)
  }
  const columns = new Float64Array(Math.ceil(width / 2) + 1)
  for (let row = 0; row < records.count; row++) {
    const at = Math.floor(x(records.t[row] as number) / 2)
    columns[at] = (columns[at] ?? 0) + 1
  }
  const most = columns.reduce((a, b) => Math.max(a, b), 1)
  pen.fillStyle = palette.grey
  pen.globalAlpha = 0.75
  columns.forEach((count, at) => {
    // Roots tell quiet stretches from empty ones.
    const height = Math.sqrt(count / most) * (HEIGHT - 18)
    pen.fillRect(at * 2, HEIGHT - 10 - height, 2, height)
  })
  pen.globalAlpha = 1
  const hues = roleHues(bands.roleNames)
  const leading = [...hues].find(([, hue]) => hue === 'orange')?.[0]
  for (const { role, from, to } of bands.roles) {
    if (role !== leading) continue
    pen.fillStyle = palette.orange
    pen.fillRect(x(from), HEIGHT - 8, Math.max(1, x(to) - x(from) - 1), 5)
  }
  pen.fillStyle = palette.bad
  for (const { time } of data.facts.violations) pen.fillRect(x(time) - 1, 0, 2, HEIGHT)
  return canvas
}

function drawView(pen: CanvasRenderingContext2D, store: RunStore, palette: Palette, width: number): void {
  const { view, time } = store.shown
  const x = (at: number): number => (at / store.end) * width
  const [left, right] = [x(view.from), Math.max(x(view.from) + 4, x(view.to))]
  pen.fillStyle = palette.accent
  pen.globalAlpha = 0.14
  pen.fillRect(left, 0, right - left, HEIGHT)
  pen.globalAlpha = 1
  pen.strokeStyle = palette.accent
  pen.lineWidth = 2
  pen.strokeRect(left + 1, 1, Math.max(2, right - left - 2), HEIGHT - 2)
  pen.fillStyle = palette.accent
  pen.fillRect(x(time) - 1, 0, 2, HEIGHT)
}
