/** Controls around the diagram: filter and zoom above it, time below it. */
import { useMemo, useState } from 'preact/hooks'
import type { Duration } from '../../../../sim/kernel/time.ts'
import { formatTime, micros } from '../../../../sim/kernel/time.ts'
import type { RecordKind } from '../../../../sim/trace/records.ts'
import { isEmpty, keysOf, NO_FILTER } from '../../model/filter.ts'
import { grouped } from '../../model/ticks.ts'
import type { RunStore } from './store.ts'
import { useShown } from './store.ts'

export function Toolbar({ store }: { readonly store: RunStore }) {
  const filter = useShown(store, (shown) => shown.filter)
  const matches = useShown(store, (shown) => shown.matches)
  const timers = useShown(store, (shown) => shown.timers)
  const acknowledgements = useShown(store, (shown) => shown.acknowledgements)
  const { nodes } = store.data
  const { records } = store
  const kinds = useMemo(() => {
    const counts = new Map<RecordKind, number>()
    for (let row = 0; row < records.count; row++) {
      const kind = records.kindOf(row)
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
    }
    return [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  }, [records])
  const keys = useMemo(() => keysOf(records), [records])
  const nodeKinds = [...new Set(nodes.map(({ kind }) => kind))]
  const count = matches?.reduce((sum, one) => sum + one, 0)
  return (
    <div class="toolbar screen-only" role="group" aria-label="Filter and zoom">
      <label>
        Node
        <select
          value={filter.node}
          onChange={(event) => store.setFilter({ node: event.currentTarget.value })}
        >
          <option value="">all</option>
          {nodeKinds.map((kind) => (
            <optgroup key={kind} label={kind}>
              {nodes.some(({ name }) => name === kind) ? null : <option value={kind}>every {kind}</option>}
              {nodes
                .filter((node) => node.kind === kind)
                .map(({ name }) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
            </optgroup>
          ))}
        </select>
      </label>
      <label>
        Kind
        <select
          aria-label="Filter by kind"
          value={filter.kind}
          onChange={(event) => store.setFilter({ kind: event.currentTarget.value as RecordKind | '' })}
        >
          <option value="">all</option>
          {kinds.map(([kind, number]) => (
            <option key={kind} value={kind}>
              {kind} ({grouped(number)})
            </option>
          ))}
        </select>
      </label>
      <label>
        Type
        <select
          value={filter.type}
          onChange={(event) => store.setFilter({ type: event.currentTarget.value })}
        >
          <option value="">all</option>
          {[...records.types]
            .filter((type) => type !== '')
            .sort()
            .map((type) => (
              <option key={type} value={type}>
                {type}
              </option>
            ))}
        </select>
      </label>
      {keys.length === 0 ? null : (
        <label>
          Key
          <input
            aria-label="Filter by key"
            list="keys"
            size={9}
            value={filter.key}
            placeholder="any"
            onInput={(event) => store.setFilter({ key: event.currentTarget.value })}
          />
          <datalist id="keys">
            {keys.map((key) => (
              <option key={key} value={key} />
            ))}
          </datalist>
        </label>
      )}
      <label>
        Text
        <input
          aria-label="Filter by text"
          type="search"
          size={14}
          value={filter.text}
          placeholder="in contents"
          onInput={(event) => store.setFilter({ text: event.currentTarget.value })}
        />
      </label>
      <button type="button" disabled={isEmpty(filter)} onClick={() => store.setFilter(NO_FILTER)}>
        Clear
      </button>
      <span class="aside" role="status" data-test="matches">
        {count === undefined ? '' : `${grouped(count)} ${count === 1 ? 'record' : 'records'}`}
      </span>
      <span class="spring" />
      <label class="check">
        <input
          type="checkbox"
          checked={timers}
          onChange={(event) => store.setTimers(event.currentTarget.checked)}
        />
        timers, disk, work
      </label>
      {store.hasAcknowledgements ? (
        <label class="check" title="Segments of streams that carry nothing">
          <input
            type="checkbox"
            checked={acknowledgements}
            onChange={(event) => store.setAcknowledgements(event.currentTarget.checked)}
          />
          ACKs
        </label>
      ) : null}
      <span class="buttons" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" onClick={() => store.zoom(0.5)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => store.zoom(2)}>
          −
        </button>
        <button type="button" onClick={() => store.setView(0, store.end)}>
          Whole run
        </button>
      </span>
    </div>
  )
}

/** The instant: steps, scrubber, and a field to jump. */
export function Transport({ store }: { readonly store: RunStore }) {
  const time = useShown(store, (shown) => shown.time)
  const row = useShown(store, (shown) => shown.row)
  const [problem, setProblem] = useState('')
  const jump = (text: string): void => {
    setProblem('')
    const number = /^#?(\d+)$/.exec(text.trim())?.[1]
    if (number !== undefined) {
      const at = store.records.rowOf(Number(number))
      if (at >= 0) store.select(at)
      else setProblem(`there is no record ${number}`)
      return
    }
    try {
      store.goTo(micros(text.trim() as Duration, 'time'), true)
    } catch {
      setProblem(`not a time or a record: ${text}`)
    }
  }
  return (
    <div class="transport screen-only" role="group" aria-label="Instant">
      <button
        type="button"
        aria-label="Record before"
        title="Record before (,)"
        onClick={() => store.step(-1)}
      >
        ◀
      </button>
      <button type="button" aria-label="Record after" title="Record after (.)" onClick={() => store.step(1)}>
        ▶
      </button>
      <input
        class="scrubber"
        type="range"
        min={0}
        max={store.end}
        step={Math.max(1, Math.round(store.end / 2000))}
        value={time}
        aria-label="Instant"
        aria-valuetext={formatTime(time)}
        onInput={(event) => store.goTo(Number(event.currentTarget.value), true)}
      />
      <output class="instant" data-test="instant">
        {row >= 0 ? `after record ${store.records.id[row] as number}, ` : ''}
        {formatTime(time)}
      </output>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const field = event.currentTarget.elements.namedItem('to') as HTMLInputElement
          if (field.value.trim() !== '') jump(field.value)
        }}
      >
        <label>
          Go to <input name="to" size={9} placeholder="1.5s or 812" aria-invalid={problem !== ''} />
        </label>
        <button type="submit">Go</button>
      </form>
      <span class="problem" role="alert">
        {problem}
      </span>
    </div>
  )
}
