/** The verdict of the run before anything else: what was run, what held, what did not and where, how to run it again. */
import { formatTime } from '../../../../sim/kernel/time.ts'
import type { ViolationData } from '../../run/data.ts'
import { Command, Section, VerdictBadge } from '../../ui/shell.tsx'
import { RecordLink, showSection } from './links.tsx'
import type { RunStore } from './store.ts'

export function VerdictSection({ store }: { readonly store: RunStore }) {
  const { facts, missing } = store.data
  const { violations, checks, commands, warnings, story } = facts
  return (
    <Section id="verdict" title="Verdict" aside={<VerdictBadge verdict={facts.verdict} />}>
      <div class={`card verdict ${facts.verdict}`}>
        <p class="lead">{leadText(store)}</p>
        {violations.map((violation, index) => (
          <Violation key={index} store={store} violation={violation} />
        ))}
        {checks.length === 0 ? null : (
          <ul class="checks" aria-label="Checks">
            {checks.map(({ name, verdict, said }) => (
              <li key={name}>
                <VerdictBadge verdict={verdict} />
                <span>
                  {name} {said === '' ? null : <span class="aside">({said})</span>}
                </span>
              </li>
            ))}
          </ul>
        )}
        {warnings.map((text) => (
          <p key={text} class="note">
            {text}
          </p>
        ))}
        {story.length === 0 ? null : (
          <details>
            <summary>The story that came with the failure</summary>
            <pre class="mono">{story.join('\n')}</pre>
          </details>
        )}
        {commands.map(({ about, command }) => (
          <Command key={command} about={about} command={command} />
        ))}
      </div>
      {missing.map((text) => (
        <p key={text} class="note missing">
          {text}
        </p>
      ))}
    </Section>
  )
}

function leadText({ data: { facts } }: RunStore): string {
  const { checks, verdict, violations } = facts
  const count = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`
  const held = checks.filter((check) => check.verdict === 'held').length
  switch (verdict) {
    case 'held':
      return checks.length === 0
        ? 'Nothing was checked.'
        : held === 1
          ? 'The check held.'
          : `All ${held} checks held.`
    case 'violated': {
      const failures = violations.filter(({ kind }) => kind === 'failure').length
      const violated = checks.filter((check) => check.verdict === 'violated').length
      const said = [
        ...(violated === 0
          ? []
          : checks.length === 1
            ? ['The check was violated']
            : [`${violated} of ${checks.length} checks violated`]),
        ...(failures > 0 ? [count(failures, 'failure')] : []),
      ]
      return `${said.join(', ')}.`
    }
    case 'undecided':
      return `${count(checks.length - held, 'check')} could not be decided.`
  }
}

function Violation({ store, violation }: { readonly store: RunStore; readonly violation: ViolationData }) {
  const { name, kind, time, node, record, expected, observed, stack } = violation
  const row = record === undefined ? -1 : store.records.rowOf(record)
  const good = lastGood(store, row, time)
  return (
    <div class="violation">
      <h3>
        <span aria-hidden="true">✕ </span>
        {kind === 'check' ? 'Violated: ' : 'Failed: '}
        {name}
      </h3>
      <dl class="facts">
        {expected === undefined || expected === name ? null : (
          <>
            <dt>expected</dt>
            <dd>{expected}</dd>
          </>
        )}
        {observed === '' ? null : (
          <>
            <dt>observed</dt>
            <dd class="observed">{observed}</dd>
          </>
        )}
        {stack === undefined ? null : (
          <>
            <dt>at</dt>
            <dd class="mono">{stack}</dd>
          </>
        )}
        {store.records.count === 0 ? null : (
          <>
            <dt>seen</dt>
            <dd>
              at {formatTime(time)}
              {node === undefined ? '' : ` on ${node}`}
              {row < 0 ? null : (
                <>
                  {' '}
                  in <RecordLink store={store} row={row} />,{' '}
                  <button
                    type="button"
                    class="plain why-violation"
                    onClick={() => {
                      store.select(row)
                      store.setWhy(true)
                      store.frame(store.shown.chain)
                      showSection('diagram')
                    }}
                  >
                    why?
                  </button>
                </>
              )}
            </dd>
            {good < 0 ? null : (
              <>
                <dt>last good instant</dt>
                <dd>
                  after <RecordLink store={store} row={good} /> at{' '}
                  {formatTime(store.records.t[good] as number)}
                </dd>
              </>
            )}
          </>
        )}
      </dl>
    </div>
  )
}

/** The record before the one in which it was seen; of what has no record, the last one before its time. */
function lastGood({ records }: RunStore, row: number, time: number): number {
  if (row >= 0) return row - 1
  let at = records.rowAt(time)
  while (at >= 0 && (records.t[at] as number) >= time) at--
  return at
}
