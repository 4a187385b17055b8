/** Why the record happened: the chain from its root, each step with what it waited for; highlighted in the diagram. */
import { useMemo } from 'preact/hooks'
import type { Step } from '../../../../sim/explore/why.ts'
import { formatTime } from '../../../../sim/kernel/time.ts'
import { circumstanceText, rootText, WAITED_FOR } from '../../../why.ts'
import { stepsOf } from '../../model/causes.ts'
import { spanText } from '../../model/ticks.ts'
import type { RunStore } from './store.ts'
import { useShown } from './store.ts'
import { rowText } from './texts.ts'

/** Steps shown next to the root and next to the record when there are many. */
const HEAD = 8
const TAIL = 40

export function Why({ store, row }: { readonly store: RunStore; readonly row: number }) {
  const isOpen = useShown(store, (shown) => shown.why)
  return (
    <div class="block">
      <button
        type="button"
        class="why"
        aria-pressed={isOpen}
        onClick={() => {
          store.setWhy(!isOpen)
          if (!isOpen) store.frame(store.shown.chain)
        }}
      >
        Why? Show its causes
      </button>
      {isOpen ? <Chain store={store} row={row} /> : null}
    </div>
  )
}

function Chain({ store, row }: { readonly store: RunStore; readonly row: number }) {
  const { records, data } = store
  const steps = useMemo(() => stepsOf(records, data.nodes, row, store.isWhole), [store, row])
  const root = steps[0]?.record
  const left = steps.length - HEAD - TAIL
  const parts = left > 1 ? [steps.slice(0, HEAD), steps.slice(-TAIL)] : [steps]
  return (
    <>
      {root === undefined ? null : (
        <p class="root" data-test="root">
          {root.cause === undefined ? 'Root: ' : 'What led to it is left out; it begins with '}
          {rootText(root)}.
        </p>
      )}
      <ol class="chain" aria-label="Causes, the root first">
        {parts.map((part, index) => (
          <>
            {index > 0 ? <li class="aside">… {left} steps …</li> : null}
            {part.map((step) => (
              <ChainStep key={step.record.id} store={store} step={step} current={row} />
            ))}
          </>
        ))}
      </ol>
    </>
  )
}

interface ChainStepProps {
  readonly store: RunStore
  readonly step: Step
  readonly current: number
}

function ChainStep({ store, step: { record, took, waiting, circumstances }, current }: ChainStepProps) {
  const row = store.records.rowOf(record.id)
  return (
    <li aria-current={row === current ? 'step' : undefined}>
      {took > 0 ? (
        <span class="took">
          {spanText(took)} {waiting === 'none' ? '' : WAITED_FOR[waiting]}
        </span>
      ) : null}
      <button type="button" class="plain neighbour" onClick={() => store.select(row)}>
        <span class="number">{record.id}</span> {rowText(store, row)}{' '}
        <span class="aside">{formatTime(record.t)}</span>
      </button>
      {circumstances.map((one, index) => (
        <p key={index} class="circumstance">
          {circumstanceText(one)}
        </p>
      ))}
    </li>
  )
}
