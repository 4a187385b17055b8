/** Measures over virtual time, with faults behind them; a click sets the instant, dragging chooses what the diagram shows. */
import { useMemo, useState } from 'preact/hooks'
import { shortTime } from '../../model/ticks.ts'
import { Chart } from '../../ui/chart.tsx'
import { Section } from '../../ui/shell.tsx'
import { showSection } from './links.tsx'
import type { RunStore } from './store.ts'
import { useShown } from './store.ts'

/** Charts that are shown before one asks for all. */
const SHOWN = 12

export function ChartsSection({ store }: { readonly store: RunStore }) {
  const time = useShown(store, (shown) => shown.time)
  const [all, setAll] = useState(false)
  const [follows, setFollows] = useState(false)
  const inView = useShown(store, (shown) => shown.view)
  const view = follows ? inView : undefined
  const { series } = store.data
  const count = series[0]?.lines[0]?.values.length ?? 0
  const x = useMemo(() => {
    const span = Math.max(1, Math.ceil((store.data.facts.endedAt + 1) / Math.max(1, count)))
    return Array.from({ length: count }, (_, index) => (index + 0.5) * span)
  }, [store, count])
  const bands = useMemo(
    () =>
      store.bands.faults.map(({ from, to, label, touched }) => {
        const names = touched.slice(0, 4).map((node) => store.data.nodes[node]?.name ?? '')
        return { from, to, label: names.length === 0 ? label : `${label} (${names.join(', ')})` }
      }),
    [store],
  )
  if (series.length === 0) return null
  const shown = all ? series : series.slice(0, SHOWN)
  return (
    <Section
      id="charts"
      title="Measures over virtual time"
      aside="faults are shaded; click to go to a time, drag to zoom the diagram"
    >
      <div class="toolbar screen-only">
        <label class="check">
          <input
            type="checkbox"
            checked={follows}
            onChange={(event) => setFollows(event.currentTarget.checked)}
          />
          only what the diagram shows
        </label>
      </div>
      <div class="charts">
        {shown.map((one) => (
          <Chart
            key={`${one.group} ${one.name}`}
            title={one.name}
            unit={one.unit}
            x={x}
            lines={one.lines}
            bands={bands}
            mark={time}
            view={view}
            xName="time"
            formatX={timeText}
            onPick={(at) => store.goTo(at, true)}
            onRange={(from, to) => {
              store.setView(from, to)
              showSection('diagram')
            }}
          />
        ))}
      </div>
      {series.length > shown.length ? (
        <More count={series.length - shown.length} show={() => setAll(true)} />
      ) : null}
    </Section>
  )
}

function More({ count, show }: { readonly count: number; readonly show: () => void }) {
  return (
    <p>
      <button type="button" class="screen-only" onClick={show}>
        Show {count} more
      </button>
    </p>
  )
}

const timeText = (at: number): string => shortTime(at, 1000)
