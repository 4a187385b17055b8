/** The space-time diagram with everything that moves it: wheel, pointer, keyboard, minimap, scrubber, jump, filter. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { select } from 'd3-selection'
import type { D3ZoomEvent } from 'd3-zoom'
import { zoom, ZoomTransform } from 'd3-zoom'
import { formatTime } from '../../../../sim/kernel/time.ts'
import { standingAt } from '../../model/bands.ts'
import type { LaneLayout } from '../../model/lanes.ts'
import { layLanes } from '../../model/lanes.ts'
import { spanText } from '../../model/ticks.ts'
import { grouped } from '../../model/ticks.ts'
import { onThemeChange, Section } from '../../ui/shell.tsx'
import type { Drawn, Scene } from './draw.ts'
import { AXIS_HEIGHT, drawHeader, drawLanes, FAULT_HEIGHT, faultRows, rowNear } from './draw.ts'
import { Legend } from './legend.tsx'
import { Inspector } from './inspector.tsx'
import { Minimap } from './minimap.tsx'
import { paletteOf, roleHues } from './palette.ts'
import type { RunStore } from './store.ts'
import { useShown } from './store.ts'
import { Toolbar, Transport } from './toolbar.tsx'
import { rowText } from './texts.ts'

const ROOM = 430

export function DiagramSection({ store }: { readonly store: RunStore }) {
  const [drawn, setDrawn] = useState<Drawn>({ messages: 0, shown: 0 })
  return (
    <Section
      id="diagram"
      title="Space-time diagram"
      aside={`${grouped(store.records.count)} records, ${store.data.nodes.length} nodes, ${spanText(store.data.facts.endedAt)} of virtual time`}
    >
      <Toolbar store={store} />
      <div class="workbench">
        <div class="stage">
          <Diagram store={store} onDrawn={setDrawn} />
          <Minimap store={store} />
          <Transport store={store} />
          <Legend store={store} drawn={drawn} />
        </div>
        <Inspector store={store} />
      </div>
    </Section>
  )
}

/** Canvases at the resolution of the screen. */
function fitCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const ratio = devicePixelRatio || 1
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w
    canvas.height = h
    canvas.style.width = `${width}px`
    canvas.style.height = `${height}px`
  }
  const ctx = canvas.getContext('2d')
  ctx?.setTransform(ratio, 0, 0, ratio, 0, 0)
  return ctx
}

interface DiagramProps {
  readonly store: RunStore
  readonly onDrawn: (drawn: Drawn) => void
}

function Diagram({ store, onDrawn }: DiagramProps) {
  const folded = useShown(store, (shown) => shown.folded)
  const layout = useMemo(() => layLanes(store.data.nodes, folded, ROOM), [store, folded])
  const rows = useMemo(() => faultRows(store.bands.faults, store.end), [store])
  const headerHeight = AXIS_HEIGHT + rows.length * FAULT_HEIGHT + 4
  const area = useRef<HTMLDivElement>(null)
  const header = useRef<HTMLCanvasElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [tip, setTip] = useState<{ readonly row: number; readonly x: number; readonly y: number }>()

  useEffect(() => {
    const [box, top, lanes] = [area.current, header.current, canvas.current]
    if (box === null || top === null || lanes === null) return undefined
    let palette = paletteOf()
    let hover = -1
    let width = box.clientWidth
    let asked = 0
    let said: Drawn = { messages: -1, shown: -1 }
    const roles = roleHues(store.bands.roleNames)
    const scene = (): Scene => ({ store, layout, palette, roles, width, hover })
    const draw = (): void => {
      asked = 0
      const [headerPen, pen] = [fitCanvas(top, width, headerHeight), fitCanvas(lanes, width, layout.height)]
      if (headerPen === null || pen === null || width < 10) return
      drawHeader(headerPen, scene(), rows, headerHeight)
      const drawn = drawLanes(pen, scene())
      // For whoever reads the page with a program: what is in view, in microseconds.
      const { from, to } = store.shown.view
      box.dataset.view = `${Math.round(from)} ${Math.round(to)}`
      if (drawn.messages !== said.messages || drawn.shown !== said.shown) onDrawn((said = drawn))
    }
    const ask = (): void => {
      if (asked === 0) asked = requestAnimationFrame(draw)
    }

    // d3-zoom holds a transform of the whole run; the store holds the stretch in view. Each follows the other.
    const target = select<HTMLDivElement, unknown>(box)
    const transformOf = (): ZoomTransform => {
      const { from, to } = store.shown.view
      const k = store.end / (to - from)
      return new ZoomTransform(k, (-from / store.end) * k * width, 0)
    }
    const behaviour = zoom<HTMLDivElement, unknown>()
      .filter((event: MouseEvent | WheelEvent) => {
        if (event.type === 'wheel') return !isSideways(event as WheelEvent)
        return !(event.target === top) && event.button === 0
      })
      .clickDistance(4)
      .on('zoom', (event: D3ZoomEvent<HTMLDivElement, unknown>) => {
        if (event.sourceEvent === null) return
        const { k, x } = event.transform
        const from = (-x / k / width) * store.end
        store.setView(from, from + store.end / k)
      })
    const limit = (): void => {
      behaviour
        .extent([
          [0, 0],
          [width, 1],
        ])
        .translateExtent([
          [0, -Infinity],
          [width, Infinity],
        ])
        .scaleExtent([1, store.end / 20])
    }
    limit()
    target.call(behaviour).on('dblclick.zoom', null)
    const follow = (): void => {
      target.property('__zoom', transformOf())
      ask()
    }
    follow()

    const sideways = (event: WheelEvent): void => {
      if (!isSideways(event)) return
      event.preventDefault()
      store.pan((event.shiftKey ? event.deltaY : event.deltaX) / width)
    }
    box.addEventListener('wheel', sideways, { passive: false })

    const place = (event: MouseEvent): readonly [number, number] => {
      const { left, top: y } = lanes.getBoundingClientRect()
      return [event.clientX - left, event.clientY - y]
    }
    const timeAt = (event: MouseEvent): number => {
      const { from, to } = store.shown.view
      return from + (place(event)[0] / width) * (to - from)
    }
    const click = (event: MouseEvent): void => {
      const row = rowNear(scene(), ...place(event))
      if (row >= 0) store.select(row, false)
      else store.goTo(timeAt(event))
    }
    const move = (event: PointerEvent): void => {
      const row = event.buttons === 0 ? rowNear(scene(), ...place(event)) : -1
      if (row === hover) return
      hover = row
      lanes.style.cursor = row >= 0 ? 'pointer' : ''
      const [x, y] = place(event)
      setTip(row < 0 ? undefined : { row, x, y })
      ask()
    }
    const leave = (): void => {
      hover = -1
      setTip(undefined)
      ask()
    }
    const scrub = (event: PointerEvent): void => {
      if (event.buttons === 0) return
      if (event.type === 'pointerdown') top.setPointerCapture(event.pointerId)
      store.goTo(timeAt(event))
    }
    lanes.addEventListener('click', click)
    lanes.addEventListener('pointermove', move)
    lanes.addEventListener('pointerleave', leave)
    top.addEventListener('pointerdown', scrub)
    top.addEventListener('pointermove', scrub)

    const resized = new ResizeObserver(() => {
      if (box.clientWidth === width) return
      width = box.clientWidth
      limit()
      follow()
    })
    resized.observe(box)
    const forget = store.subscribe(follow)
    const themed = onThemeChange(() => {
      palette = paletteOf()
      draw()
    })
    return () => {
      forget()
      themed()
      resized.disconnect()
      cancelAnimationFrame(asked)
      target.on('.zoom', null)
      box.removeEventListener('wheel', sideways)
      lanes.removeEventListener('click', click)
      lanes.removeEventListener('pointermove', move)
      lanes.removeEventListener('pointerleave', leave)
      top.removeEventListener('pointerdown', scrub)
      top.removeEventListener('pointermove', scrub)
    }
  }, [store, layout, rows])

  return (
    <div
      class="diagram card"
      tabIndex={0}
      role="group"
      aria-label="Space-time diagram"
      aria-describedby="diagram-keys"
      onKeyDown={(event) => handleKey(store, event)}
    >
      <p id="diagram-keys" class="hidden">
        Left and right move, plus and minus zoom, 0 shows the whole run, comma and full stop step to the
        record before and after, w shows why, v goes to the violation. The list of records below holds the
        same as text.
      </p>
      <div class="corner" style={{ height: `${headerHeight}px` }}>
        <span>time</span>
        {rows.length > 0 ? <span class="faults">faults</span> : null}
      </div>
      <div class="head">
        <canvas ref={header} aria-hidden="true" />
      </div>
      <div class="lanes">
        <LaneLabels store={store} layout={layout} />
        <div class="area" ref={area}>
          <canvas ref={canvas} aria-hidden="true" />
          {tip === undefined ? null : (
            <div
              class="tip"
              style={{ left: `${tip.x}px`, top: `${tip.y}px` }}
              data-side={tip.x > (area.current?.clientWidth ?? 0) * 0.6 ? 'left' : 'right'}
            >
              {rowText(store, tip.row)}
              <br />
              {formatTime(store.records.t[tip.row] as number)}
            </div>
          )}
        </div>
      </div>
    </div>
  )
}

function isSideways({ deltaX, deltaY, shiftKey }: WheelEvent): boolean {
  return shiftKey || Math.abs(deltaX) > Math.abs(deltaY)
}

function handleKey(store: RunStore, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const done = ((): boolean => {
    switch (event.key) {
      case 'ArrowLeft':
        store.pan(-0.2)
        return true
      case 'ArrowRight':
        store.pan(0.2)
        return true
      case '+':
      case '=':
        store.zoom(0.5, aroundInstant(store))
        return true
      case '-':
        store.zoom(2, aroundInstant(store))
        return true
      case '0':
      case 'Home':
        store.setView(0, store.end)
        return true
      case '.':
        store.step(1)
        return true
      case ',':
        store.step(-1)
        return true
      case 'w':
        store.setWhy(!store.shown.why)
        return true
      case 'v': {
        const record = store.data.facts.violations[0]?.record
        if (record !== undefined) store.select(store.records.rowOf(record))
        return true
      }
      default:
        return false
    }
  })()
  if (done) event.preventDefault()
}

/** Zooming by key keeps the instant where it is, if it is in view. */
function aroundInstant({ shown: { time, view } }: RunStore): number | undefined {
  return time >= view.from && time <= view.to ? time : undefined
}

function LaneLabels({ store, layout }: { readonly store: RunStore; readonly layout: LaneLayout }) {
  const now = useShown(store, (shown) => shown.time)
  const counts = useMemo(() => {
    const byKind = new Map<string, number>()
    for (const { kind } of store.data.nodes) byKind.set(kind, (byKind.get(kind) ?? 0) + 1)
    return byKind
  }, [store])
  const seen = new Set<string>()
  return (
    <ul class="labels" aria-label="Lanes">
      {layout.lanes.map(({ label, kind, nodes, folded, height }) => {
        const isFirst = !seen.has(kind)
        seen.add(kind)
        const canFold = (counts.get(kind) ?? 0) > 1 && isFirst
        const [node] = nodes
        return (
          <li key={label} style={{ height: `${height}px` }}>
            <span class="name" title={label}>
              {label}
            </span>
            {folded || node === undefined ? null : <RoleNow store={store} node={node} time={now} />}
            {canFold ? (
              <button
                type="button"
                class="plain fold"
                aria-expanded={!folded}
                aria-label={`${folded ? 'Unfold' : 'Fold'} ${kind}`}
                onClick={() => store.fold(kind)}
              >
                {folded ? '▸ unfold' : '▾'}
              </button>
            ) : null}
          </li>
        )
      })}
    </ul>
  )
}

/** What a node is at the instant. */
function RoleNow({
  store,
  node,
  time,
}: {
  readonly store: RunStore
  readonly node: number
  readonly time: number
}) {
  const { row } = store.shown
  const { life, role } = standingAt(store.bands, node, { row, time }, store.end)
  const said = life ?? role
  return said === undefined ? null : <span class="now">{said}</span>
}
