/** The record that is looked at: content, clocks, what its event changed, causes and effects. */
import { useMemo } from 'preact/hooks'
import type { Difference } from '../../../../sim/explore/differences.ts'
import { ABSENT, differences } from '../../../../sim/explore/differences.ts'
import { formatTime } from '../../../../sim/kernel/time.ts'
import { pathText } from '../../../states.ts'
import { fit } from '../../../text.ts'
import { valueText } from '../../../values.ts'
import { clockAt } from '../../model/clocks.ts'
import { writeRow } from '../../model/messages.ts'
import { ValueView } from '../../ui/value-view.tsx'
import { RecordLink } from './links.tsx'
import type { RunStore } from './store.ts'
import { useShown } from './store.ts'
import { contentRow, rowText } from './texts.ts'
import { Why } from './why.tsx'

export function Inspector({ store }: { readonly store: RunStore }) {
  const row = useShown(store, (shown) => shown.row)
  return (
    <aside class="inspector card" aria-label="Record" data-test="inspector">
      {row < 0 ? (
        <>
          <h3>No record is chosen</h3>
          <p class="aside">
            Click a message or a mark in the diagram, choose one in the list of records, or step with ◀ and ▶.
          </p>
        </>
      ) : (
        <Chosen store={store} row={row} />
      )}
    </aside>
  )
}

function Chosen({ store, row }: { readonly store: RunStore; readonly row: number }) {
  const { records, data } = store
  const kind = records.kindOf(row)
  const type = records.typeOf(row)
  const node = records.node[row] as number
  const peer = data.nodes[records.peer[row] as number]?.name
  const name = data.nodes[node]?.name
  const id = records.id[row] as number
  const t = records.t[row] as number
  const from = contentRow(records, row)
  const write = writeRow(records, row)
  const logs = data.logs.filter(({ cause }) => cause === id)
  return (
    <>
      <h3 aria-live="polite">
        <span class="number">record {id}</span> {kind} {type}
      </h3>
      <dl class="facts">
        <dt>on</dt>
        <dd>{name ?? 'the world (a fault)'}</dd>
        {peer === undefined ? null : (
          <>
            <dt>{kind === 'deliver' || kind === 'handle' ? 'from' : 'to'}</dt>
            <dd>{peer}</dd>
          </>
        )}
        <dt>true time</dt>
        <dd class="time">{formatTime(t)}</dd>
        {name === undefined || store.states === undefined ? null : (
          <OwnClock store={store} node={node} t={t} />
        )}
      </dl>
      {write < 0 ? null : (
        <div class="block">
          <h4>
            {'Carries what was sent in '}
            <RecordLink store={store} row={write} />
          </h4>
          <ValueView value={records.content(write)} open={3} />
        </div>
      )}
      {from < 0 ? null : (
        <div class="block">
          <h4>
            {from === row ? 'Content' : 'Content, as it was sent in '}
            {from === row ? null : <RecordLink store={store} row={from} />}
          </h4>
          <ValueView value={records.content(from)} open={3} />
        </div>
      )}
      {logs.length === 0 ? null : (
        <div class="block">
          <h4>Logged</h4>
          {logs.map(({ level, text }, index) => (
            <div key={index} class="value">
              {level}: {text}
            </div>
          ))}
        </div>
      )}
      {node < 0 ? null : <Change store={store} node={node} id={id} />}
      <Neighbours store={store} row={row} />
      <Why store={store} row={row} />
    </>
  )
}

function OwnClock({
  store,
  node,
  t,
}: {
  readonly store: RunStore
  readonly node: number
  readonly t: number
}) {
  const { wall, error, monotonic, ppm } = clockAt(store.data.clocks, node, t)
  const off = error === 0 ? 'right' : `${formatTime(Math.abs(error))} ${error > 0 ? 'ahead' : 'behind'}`
  return (
    <>
      <dt>its wall clock</dt>
      <dd class="time" data-test="wall-clock">
        {wall < 0 ? `−${formatTime(-wall)}` : formatTime(wall)} <span class="aside">({off})</span>
      </dd>
      {ppm === 0 && monotonic === t ? null : (
        <>
          <dt>its monotonic clock</dt>
          <dd class="time">
            {formatTime(monotonic)}{' '}
            <span class="aside">
              (runs {ppm === 0 ? 'right' : `${ppm} ppm ${ppm > 0 ? 'fast' : 'slow'}`})
            </span>
          </dd>
        </>
      )}
    </>
  )
}

/** Differences that are shown, and characters of each side. */
const CHANGES = 40
const LONGEST = 240

function Change({
  store,
  node,
  id,
}: {
  readonly store: RunStore
  readonly node: number
  readonly id: number
}) {
  const change = useMemo(() => store.states?.changeBy(node, id), [store, node, id])
  const list = useMemo(
    () =>
      change?.before === undefined || change.after === undefined
        ? []
        : differences(change.before, change.after),
    [change],
  )
  if (!store.knowsStatesAt({ record: id })) return null
  if (change === undefined) {
    return (
      <div class="block">
        <h4>State</h4>
        <p class="aside">Its event changed nothing on this node.</p>
      </div>
    )
  }
  const { before, after } = change
  return (
    <div class="block" data-test="change">
      <h4>What its event changed</h4>
      {before === undefined ? <p class="aside">The state is new.</p> : null}
      {after === undefined ? <p class="aside">The state is gone.</p> : null}
      <ul class="differences">
        {list.slice(0, CHANGES).map((one, index) => (
          <DifferenceLine key={index} difference={one} />
        ))}
        {list.length > CHANGES ? <li>and {list.length - CHANGES} more</li> : null}
      </ul>
      <details>
        <summary>State before</summary>
        {before === undefined ? <p class="aside">none</p> : <ValueView value={before} open={1} />}
      </details>
      <details>
        <summary>State after</summary>
        {after === undefined ? <p class="aside">none</p> : <ValueView value={after} open={1} />}
      </details>
    </div>
  )
}

function DifferenceLine({ difference: { path, a, b } }: { readonly difference: Difference }) {
  const sign = a === ABSENT ? '+' : b === ABSENT ? '−' : '~'
  const words = a === ABSENT ? 'new: ' : b === ABSENT ? 'gone: ' : 'changed: '
  return (
    <li class="value">
      <span aria-hidden="true" class={`sign ${a === ABSENT ? 'new' : b === ABSENT ? 'gone' : 'changed'}`}>
        {sign}{' '}
      </span>
      <span class="hidden">{words}</span>
      <span class="key">{pathText(path)}</span>
      {': '}
      {a === ABSENT ? null : <del>{fit(valueText(a), LONGEST)}</del>}
      {a === ABSENT || b === ABSENT ? null : ' → '}
      {b === ABSENT ? null : <ins>{fit(valueText(b), LONGEST)}</ins>}
    </li>
  )
}

/** Effects that are listed. */
const EFFECTS = 8

function Neighbours({ store, row }: { readonly store: RunStore; readonly row: number }) {
  const { records } = store
  const cause = records.cause[row] as number
  const causeId = records.causeId[row] as number
  const effects = store.effects.of(row)
  return (
    <div class="block neighbours">
      <h4>Caused by</h4>
      {cause >= 0 ? (
        <Neighbour store={store} row={cause} name="cause" />
      ) : (
        <p class="aside">
          {causeId === 0 ? 'nothing: it is a root' : `record ${causeId}, which is left out`}
        </p>
      )}
      <h4>Led to</h4>
      {effects.length === 0 ? <p class="aside">nothing</p> : null}
      {effects.slice(0, EFFECTS).map((effect) => (
        <Neighbour key={effect} store={store} row={effect} name="effect" />
      ))}
      {effects.length > EFFECTS ? <p class="aside">and {effects.length - EFFECTS} more</p> : null}
    </div>
  )
}

function Neighbour({
  store,
  row,
  name,
}: {
  readonly store: RunStore
  readonly row: number
  readonly name: string
}) {
  return (
    <button type="button" class="plain neighbour" data-test={name} onClick={() => store.select(row)}>
      <span class="number">{store.records.id[row]}</span> {rowText(store, row)}
    </button>
  )
}
