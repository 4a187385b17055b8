/** Links from words to records. */
import type { RunStore } from './store.ts'

/** Shows a record when it is clicked. */
export function RecordLink({ store, row }: { readonly store: RunStore; readonly row: number }) {
  return (
    <button type="button" class="plain" onClick={() => store.select(row)}>
      record {store.records.id[row]}
    </button>
  )
}

/** Moves the page to one of its sections. */
export function showSection(id: string): void {
  document.getElementById(id)?.scrollIntoView({ block: 'start' })
}
