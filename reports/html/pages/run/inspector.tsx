/** The record that is looked at. */
import type { RunStore } from './store.ts'

export function Inspector({ store: _ }: { readonly store: RunStore }) {
  return <aside class="inspector card" />
}
