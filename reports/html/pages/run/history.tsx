/** The checker's view: the history as intervals by client, and the order that a check found, or where there is none. */
import { useMemo, useState } from 'preact/hooks'
import { formatTime } from '../../../../sim/kernel/time.ts'
import { effectsOf, operationsIn, placeHistory } from '../../model/history.ts'
import { grouped, shortTime, timeTicks } from '../../model/ticks.ts'
import type { OperationData, OrderData } from '../../run/data.ts'
import { Section } from '../../ui/shell.tsx'
import { Table } from '../../ui/table.tsx'
import type { RunStore } from './store.ts'
import { useShown } from './store.ts'
import { briefText, operationText } from './texts.ts'

/** Operations drawn at once. */
const DRAWN = 160
const LEVEL = 26
const WIDTH = 1400
const LABEL = 130
const AXIS = 26

export function HistorySection({ store }: { readonly store: RunStore }) {
  const { operations, orders } = store.data
  const [chosen, choose] = useState(0)
  const order = orders[Math.min(chosen, orders.length - 1)]
  const byId = useMemo(() => new Map(operations.map((one) => [one.id, one])), [operations])
  const view = useShown(store, (shown) => shown.view)
  const relevant = useMemo(() => {
    if (order === undefined) return operations
    const ids = new Set([...order.order, ...(order.broken === undefined ? [] : concerned(order))])
    return operations.filter(({ id }) => ids.has(id))
  }, [operations, order])
  // A broken order is looked at where it breaks; everything else where the diagram looks.
  const span = order?.broken === undefined ? view : brokenSpan(order, byId, store.end)
  const { shown, all } = operationsIn(relevant, span.from, span.to, DRAWN)
  return (
    <Section
      id="history"
      title="History"
      aside={
        <>
          {grouped(operations.length)} operations; {grouped(shown.length)} of {grouped(all)} drawn,{' '}
          {order?.broken === undefined ? 'in the view of the diagram' : 'around the place where it breaks'}
        </>
      }
    >
      {orders.length === 0 ? null : (
        <label class="order-choice screen-only">
          Order{' '}
          <select value={chosen} onChange={(event) => choose(Number(event.currentTarget.value))}>
            {orders.map(({ check, object, broken }, index) => (
              <option key={index} value={index}>
                {check}
                {object === undefined ? '' : `, ${object}`}
                {broken === undefined ? '' : ' (there is none)'}
              </option>
            ))}
          </select>
        </label>
      )}
      {order === undefined ? null : <OrderText store={store} order={order} byId={byId} />}
      {shown.length === 0 ? (
        <p class="aside">No operation was under way in the view of the diagram.</p>
      ) : (
        <Intervals store={store} shown={shown} order={order} byId={byId} />
      )}
      <details class="screen-only">
        <summary>Operations as a table</summary>
        <OperationTable store={store} rows={shown} order={order} byId={byId} />
      </details>
    </Section>
  )
}

function concerned({ broken }: OrderData): readonly number[] {
  return broken === undefined ? [] : [...broken.conflict, broken.operation]
}

type ById = ReadonlyMap<number, OperationData>

function brokenSpan(
  order: OrderData,
  byId: ById,
  end: number,
): { readonly from: number; readonly to: number } {
  const list = concerned(order).flatMap((id) => byId.get(id) ?? [])
  const from = list.reduce((least, one) => Math.min(least, one.from), end)
  const to = list.reduce((most, one) => Math.max(most, one.to ?? one.from), 0)
  const margin = Math.max(2000, (to - from) * 0.1)
  return { from: from - margin, to: to + margin }
}

interface OrderProps {
  readonly store: RunStore
  readonly order: OrderData
  readonly byId: ById
}

/** Steps of an order that are listed. */
const LISTED = 30

function OrderText({ store, order, byId }: OrderProps) {
  const { broken } = order
  if (broken === undefined) {
    return (
      <p>
        An order of all {grouped(order.order.length)} operations was found; the numbers on the bars are their
        places in it.
      </p>
    )
  }
  const culprit = byId.get(broken.operation)
  const others = broken.conflict.filter((id) => id !== broken.operation)
  const end = order.order.slice(-LISTED)
  return (
    <div class="card broken">
      <p>
        <strong>There is no order of all operations.</strong> Until operation {broken.operation} ended there
        was one of {grouped(order.order.length)}; after it the object holds <code>{broken.state}</code>.
      </p>
      {culprit === undefined ? null : (
        <p>
          It fits nowhere: <OperationLink store={store} operation={culprit} />.
          {broken.fitting.length === 0 ? '' : ` It could have answered ${broken.fitting.join(' or ')}.`}
        </p>
      )}
      {others.length === 0 ? null : (
        <>
          <p>It contradicts:</p>
          <ul>
            {others.slice(-LISTED).map((id) => {
              const one = byId.get(id)
              return one === undefined ? null : (
                <li key={id}>
                  <OperationLink store={store} operation={one} />
                </li>
              )
            })}
          </ul>
        </>
      )}
      <details>
        <summary>The end of the longest order</summary>
        <ol start={order.order.length - end.length + 1}>
          {end.map((id) => {
            const one = byId.get(id)
            return one === undefined ? null : (
              <li key={id}>
                <OperationLink store={store} operation={one} />
              </li>
            )
          })}
        </ol>
      </details>
    </div>
  )
}

function OperationLink({
  store,
  operation,
}: {
  readonly store: RunStore
  readonly operation: OperationData
}) {
  return (
    <button type="button" class="plain" onClick={() => store.select(rowOf(store, operation))}>
      {operationText(store, operation)}
    </button>
  )
}

/** The record of an operation's end, else of its beginning. */
function rowOf({ records }: RunStore, { record, endRecord }: OperationData): number {
  const end = endRecord === undefined ? -1 : records.rowOf(endRecord)
  return end >= 0 ? end : records.rowOf(record)
}

interface IntervalsProps {
  readonly store: RunStore
  readonly shown: readonly OperationData[]
  readonly order: OrderData | undefined
  readonly byId: ById
}

function Intervals({ store, shown, order, byId }: IntervalsProps) {
  const row = useShown(store, (state) => state.row)
  const { operations, clients } = useMemo(() => placeHistory(shown, store.end), [shown, store])
  const effects = useMemo(() => (order === undefined ? undefined : effectsOf(order, byId)), [order, byId])
  const conflict = useMemo(() => {
    const shows = store.data.facts.violations.flatMap(({ operations: ids = [] }) => ids)
    return new Set([...shows, ...(order === undefined ? [] : concerned(order))])
  }, [order, store])
  const from = shown.reduce((least, one) => Math.min(least, one.from), Infinity)
  const to = Math.max(
    from + 1,
    shown.reduce((most, one) => Math.max(most, one.to ?? store.end), 0),
  )
  const x = (time: number): number => LABEL + ((time - from) / (to - from)) * (WIDTH - LABEL - 20)
  const tops: number[] = []
  let height = AXIS
  for (const { levels } of clients) {
    tops.push(height)
    height += levels * LEVEL + 8
  }
  const ticks = timeTicks(from, to, 10)
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0)
  const current = row < 0 ? -1 : (store.records.id[row] as number)
  return (
    <div class="intervals card scroller" tabIndex={0} role="region" aria-label="History by client">
      <svg viewBox={`0 0 ${WIDTH} ${height + 4}`} role="group" aria-label="Operations as intervals">
        {ticks.map((tick) => (
          <g key={tick}>
            <line x1={x(tick)} x2={x(tick)} y1={AXIS - 6} y2={height} class="grid" />
            <text x={x(tick)} y={13} class="tick">
              {shortTime(tick, step)}
            </text>
          </g>
        ))}
        {clients.map(({ node }, index) => (
          <text key={node} x={LABEL - 12} y={(tops[index] as number) + 17} class="client">
            {store.data.nodes[node]?.name}
          </text>
        ))}
        {operations.map(({ operation, row: client, level }) => {
          const left = x(operation.from)
          const width = Math.max(4, x(operation.to ?? store.end) - left)
          const top = (tops[client] as number) + level * LEVEL
          const effect = effects?.get(operation.id)
          const isCurrent = operation.record === current || operation.endRecord === current
          const words = operationText(store, operation)
          return (
            <g
              key={operation.id}
              class={`operation ${operation.status}${conflict.has(operation.id) ? ' conflict' : ''}${isCurrent ? ' current' : ''}`}
              role="button"
              tabIndex={0}
              aria-label={words}
              onClick={() => store.select(rowOf(store, operation))}
              onKeyDown={(event) => {
                if (event.key === 'Enter' || event.key === ' ') {
                  event.preventDefault()
                  store.select(rowOf(store, operation))
                }
              }}
            >
              <title>{words}</title>
              <rect x={left} y={top + 2} width={width} height={LEVEL - 6} rx={3} />
              <svg x={left} y={top} width={width} height={LEVEL} overflow="hidden">
                <text x={effect === undefined ? 5 : 11 + 8 * String(effect.place).length} y={16.5}>
                  {width > 34 ? briefText(operation) : ''}
                </text>
              </svg>
              {effect === undefined ? null : (
                <text x={left + 4} y={top + 16.5} class="place">
                  {width > 20 ? effect.place : ''}
                </text>
              )}
            </g>
          )
        })}
      </svg>
    </div>
  )
}

interface OperationTableProps {
  readonly store: RunStore
  readonly rows: readonly OperationData[]
  readonly order: OrderData | undefined
  readonly byId: ById
}

function OperationTable({ store, rows, order, byId }: OperationTableProps) {
  const effects = order === undefined ? undefined : effectsOf(order, byId)
  const place = {
    head: 'place in the order',
    number: true,
    cell: ({ id }: OperationData) => effects?.get(id)?.place ?? '–',
  }
  return (
    <Table
      label="Operations"
      rows={rows}
      columns={[
        { head: 'operation', number: true, cell: ({ id }) => id },
        { head: 'client', cell: ({ node }) => store.data.nodes[node]?.name ?? '' },
        { head: 'what', cell: ({ name, input }) => <code>{`${name} ${input}`}</code> },
        { head: 'outcome', cell: ({ status }) => status },
        { head: 'answer', cell: ({ answer }) => <code>{answer ?? ''}</code> },
        { head: 'from', number: true, cell: ({ from }) => formatTime(from) },
        { head: 'to', number: true, cell: ({ to }) => (to === undefined ? '–' : formatTime(to)) },
        ...(effects === undefined ? [] : [place]),
      ]}
    />
  )
}
