/** Time travel: the states of all nodes at the instant, with what the last event of each changed. */
import { useMemo, useState } from 'preact/hooks'
import { formatTime } from '../../../../sim/kernel/time.ts'
import { valueText } from '../../../values.ts'
import { standingAt } from '../../model/bands.ts'
import { Section } from '../../ui/shell.tsx'
import { ValueView } from '../../ui/value-view.tsx'
import type { RunStore } from './store.ts'
import { useShown } from './store.ts'

/** Nodes that are shown before one asks for all. */
const SHOWN = 24

export function StatesSection({ store }: { readonly store: RunStore }) {
  const time = useShown(store, (shown) => shown.time)
  const row = useShown(store, (shown) => shown.row)
  const [all, setAll] = useState(false)
  const { nodes } = store.data
  const concerned = row < 0 ? -1 : (store.records.node[row] as number)
  const shown = useMemo(() => {
    const list = nodes.map((_, node) => node)
    if (all || list.length <= SHOWN) return list
    // Of many nodes those that lead or are concerned first, in the order of the run.
    const first = list.slice(0, SHOWN)
    return concerned < 0 || first.includes(concerned) ? first : [...first.slice(0, SHOWN - 1), concerned]
  }, [nodes, all, concerned])
  const where =
    row < 0
      ? `at ${formatTime(time)}`
      : `after record ${store.records.id[row] as number}, at ${formatTime(time)}`
  return (
    <Section id="states" title="States of the nodes" aside={<span data-test="states-at">{where}</span>}>
      {store.states === undefined ? (
        <p class="note">There are no states: the run could not be executed again.</p>
      ) : !store.knowsStatesAt(store.instant) ? (
        <p class="note">
          Of this long run the states are kept from record {store.data.records.from} to record{' '}
          {store.data.records.to} only.
        </p>
      ) : (
        <>
          <ul class="states">
            {shown.map((node) => (
              <NodeCard key={node} store={store} node={node} isConcerned={node === concerned} />
            ))}
          </ul>
          {nodes.length > shown.length ? (
            <button type="button" onClick={() => setAll(true)}>
              Show all {nodes.length} nodes
            </button>
          ) : null}
        </>
      )}
    </Section>
  )
}

interface NodeCardProps {
  readonly store: RunStore
  readonly node: number
  readonly isConcerned: boolean
}

function NodeCard({ store, node, isConcerned }: NodeCardProps) {
  const [open, setOpen] = useState(false)
  const name = store.data.nodes[node]?.name ?? ''
  const held = store.states?.at(node, store.instant)
  const standing = standingOf(store, node)
  const state = held?.state
  const text = state === undefined ? '' : valueText(state)
  return (
    <li class={`card node${isConcerned ? ' concerned' : ''}`} data-node={name}>
      <h3>
        {name} <span class="aside">{standing}</span>
      </h3>
      {state === undefined ? (
        <p class="aside">no state: it is down</p>
      ) : open ? (
        <ValueView value={state} open={2} />
      ) : (
        <p class="value one-line" data-test="state">
          {text}
        </p>
      )}
      {state === undefined || text.length < 60 ? null : (
        <button type="button" class="plain" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'as one line' : 'as a tree'}
        </button>
      )}
    </li>
  )
}

/** Up, down, paused, and the role. */
function standingOf(store: RunStore, node: number): string {
  const { row, time } = store.shown
  const { life = 'up', role } = standingAt(store.bands, node, { row, time }, store.end)
  return role === undefined ? life : `${life}, ${role}`
}
