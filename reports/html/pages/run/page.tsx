/** The parts of the page in their order. */
import { useEffect } from 'preact/hooks'
import { PageShell } from '../../ui/shell.tsx'
import { DiagramSection } from './diagram.tsx'
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
  const contents: (readonly [string, string])[] = [
    ['verdict', 'Verdict'],
    ['diagram', 'Diagram'],
  ]
  return (
    <PageShell
      title={
        <>
          {facts.scenario} <span class="seed">seed {facts.seed}</span>
        </>
      }
      summary={facts.summary}
      contents={contents}
    >
      <VerdictSection store={store} />
      {store.records.count === 0 ? null : <DiagramSection store={store} />}
    </PageShell>
  )
}

/** Without an address the page begins where it matters: at the violation, else at the end. */
function openFirst(store: RunStore): void {
  const record = store.data.facts.violations.find((one) => one.record !== undefined)?.record
  const row = record === undefined ? -1 : store.records.rowOf(record)
  if (row >= 0) store.select(row)
  else store.goTo(store.end)
}
