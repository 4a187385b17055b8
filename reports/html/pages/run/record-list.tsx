/** All records that the filter lets through, as a list: what the diagram shows, for eyes, screen readers and arrow keys. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { formatTime } from '../../../../sim/kernel/time.ts'
import { writeRow } from '../../model/messages.ts'
import { grouped } from '../../model/ticks.ts'
import { lastAtMost } from '../../run/record-columns.ts'
import { Section } from '../../ui/shell.tsx'
import type { RunStore } from './store.ts'
import { useShown } from './store.ts'
import { contentRow, rowText } from './texts.ts'

const ROW = 26
const VISIBLE = 14
/** A browser's elements cannot be much taller than this; longer lists scroll in steps. */
const TALLEST = 8_000_000

export function RecordsSection({ store }: { readonly store: RunStore }) {
  const matches = useShown(store, (shown) => shown.matches)
  const row = useShown(store, (shown) => shown.row)
  const time = useShown(store, (shown) => shown.time)
  const { records } = store
  const list = useMemo(() => {
    const rows = new Float64Array(records.count)
    let count = 0
    for (let at = 0; at < records.count; at++) if (matches?.[at] !== 0) rows[count++] = at
    return rows.subarray(0, count)
  }, [records, matches])
  const [first, setFirst] = useState(0)
  const box = useRef<HTMLDivElement>(null)
  const height = Math.min(TALLEST, list.length * ROW)
  const scale = (list.length * ROW) / Math.max(1, height)
  const at = row >= 0 ? row : records.rowAt(time)
  const position = Math.max(0, lastAtMost(list, at, list.length))

  useEffect(() => {
    const element = box.current
    if (element === null) return
    const top = (position * ROW) / scale
    if (top < element.scrollTop || top > element.scrollTop + (VISIBLE - 2) * ROW)
      element.scrollTop = Math.max(0, top - (VISIBLE / 2) * ROW)
  }, [position, list])

  const key = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: VISIBLE, PageUp: -VISIBLE }[event.key]
    const to =
      by !== undefined
        ? position + by
        : event.key === 'Home'
          ? 0
          : event.key === 'End'
            ? list.length - 1
            : undefined
    if (to === undefined || list.length === 0) return
    event.preventDefault()
    store.select(list[Math.max(0, Math.min(list.length - 1, to))] as number)
  }
  const rows = [...list.subarray(first, first + VISIBLE + 2)]
  return (
    <Section id="records" title="Records" aside={`${grouped(list.length)} of ${grouped(records.count)}`}>
      <div
        class="records card"
        ref={box}
        style={{ height: `${VISIBLE * ROW}px` }}
        tabIndex={0}
        role="listbox"
        aria-label="Records"
        aria-activedescendant={row >= 0 ? `row-${row}` : undefined}
        onKeyDown={key}
        onScroll={(event) => setFirst(Math.floor((event.currentTarget.scrollTop * scale) / ROW))}
      >
        <div style={{ height: `${height}px` }}>
          <div class="window" style={{ transform: `translateY(${(first * ROW) / scale}px)` }}>
            {rows.map((one, index) => (
              <div
                key={one}
                id={`row-${one}`}
                class="line"
                role="option"
                aria-selected={one === row}
                aria-setsize={list.length}
                aria-posinset={first + index + 1}
                onClick={() => store.select(one)}
              >
                <span class="number">{records.id[one]}</span>
                <span class="time">{formatTime(records.t[one] as number)}</span>
                <span class="what">{rowText(store, one)}</span>
                <span class="content">{contentText(store, one)}</span>
              </div>
            ))}
          </div>
        </div>
      </div>
    </Section>
  )
}

function contentText({ records }: RunStore, row: number): string {
  const write = writeRow(records, row)
  return (records.contentText(write < 0 ? contentRow(records, row) : write) ?? '')
    .replace(/"([A-Za-z_$][\w$]*)":/g, '$1:')
    .slice(0, 300)
}
