/** The parts of the page in their order. */
import { useEffect } from 'preact/hooks'
import { PageShell } from '../../ui/shell.tsx'
import { AboutSection } from './about.tsx'
import { ChartsSection } from './charts.tsx'
import { DiagramSection } from './diagram.tsx'
import { HistorySection } from './history.tsx'
import { RecordsSection } from './record-list.tsx'
import { StatesSection } from './states.tsx'
import type { RunStore } from './store.ts'
import { VerdictSection } from './verdict.tsx'
import './run.css'

export function RunPage({ store }: { readonly store: RunStore }) {
  const { facts } = store.data
  useEffect(() => {
    const read = (): void => {
      store.readAddress(location.hash)
    }
    if (!store.readAddress(location.hash)) openFirst(store)
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [store])
  const hasRecords = store.records.count > 0
  const contents = [
    ['verdict', 'Verdict', true],
    ['diagram', 'Diagram', hasRecords],
    ['states', 'States', hasRecords],
    ['records', 'Records', hasRecords],
    ['charts', 'Charts', store.data.series.length > 0],
    ['history', 'History', store.data.operations.length > 0],
    ['about', 'The run', true],
  ] as const
  return (
    <PageShell
      title={
        <>
          {facts.scenario} <span class="seed">seed {facts.seed}</span>
        </>
      }
      summary={facts.summary}
      contents={contents.filter(([, , isThere]) => isThere).map(([id, words]) => [id, words] as const)}
    >
      <VerdictSection store={store} />
      {hasRecords ? (
        <>
          <DiagramSection store={store} />
          <StatesSection store={store} />
          <RecordsSection store={store} />
          <ChartsSection store={store} />
        </>
      ) : null}
      {store.data.operations.length === 0 ? null : <HistorySection store={store} />}
      <AboutSection store={store} />
    </PageShell>
  )
}

/** Without an address the page begins where it matters: at the violation, else with the whole run. */
function openFirst(store: RunStore): void {
  const record = store.data.facts.violations.find((one) => one.record !== undefined)?.record
  const row = record === undefined ? -1 : store.records.rowOf(record)
  if (row < 0) {
    store.goTo(store.end)
    return
  }
  store.select(row)
  store.closeIn(row)
}
