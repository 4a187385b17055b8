/** What the run was made of: parameters, faults, counts, fingerprint. */
import { formatTime } from '../../../../sim/kernel/time.ts'
import { grouped } from '../../model/ticks.ts'
import { Section } from '../../ui/shell.tsx'
import { Table } from '../../ui/table.tsx'
import { RecordLink } from './links.tsx'
import type { RunStore } from './store.ts'

export function AboutSection({ store }: { readonly store: RunStore }) {
  const { facts, nodes } = store.data
  const { params, profile, faults } = facts
  const counts = new Map<string, number>()
  for (const { kind } of nodes) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const shown = store.bands.faults
  return (
    <Section id="about" title="The run">
      <div class="about">
        <div class="card">
          <h3>Facts</h3>
          <dl class="facts">
            <dt>scenario</dt>
            <dd>{facts.source}</dd>
            <dt>seed</dt>
            <dd>{facts.seed}</dd>
            {profile.map((text) => (
              <>
                <dt>chosen</dt>
                <dd>{text}</dd>
              </>
            ))}
            {facts.records === 0 ? null : (
              <>
                <dt>nodes</dt>
                <dd>{[...counts].map(([kind, count]) => `${count} ${kind}`).join(', ')}</dd>
                <dt>virtual time</dt>
                <dd>{formatTime(facts.endedAt)}</dd>
                <dt>records</dt>
                <dd>{grouped(facts.records)}</dd>
                <dt>events</dt>
                <dd>{grouped(facts.events)}</dd>
              </>
            )}
            <dt>fingerprint</dt>
            <dd class="mono">{facts.fingerprint}</dd>
            <dt>made by</dt>
            <dd>Orrery {facts.version}</dd>
          </dl>
        </div>
        <div class="card">
          <h3>Parameters</h3>
          <Table
            label="Parameters"
            rows={params}
            columns={[
              { head: 'name', cell: ({ name }) => name },
              {
                head: 'value',
                cell: ({ value, usual }) =>
                  usual === undefined || usual === value ? value : <strong>{value}</strong>,
              },
              { head: 'default', cell: ({ usual }) => usual ?? 'not known' },
            ]}
          />
        </div>
        <div class="card">
          <h3>Faults</h3>
          {shown.length === 0 ? (
            <p class="aside">{faults.length === 0 ? 'No faults were planned.' : 'No fault fired.'}</p>
          ) : (
            <Table
              label="Faults"
              rows={shown}
              columns={[
                { head: 'fault', cell: ({ label }) => label },
                { head: 'from', number: true, cell: ({ from }) => formatTime(from) },
                { head: 'to', number: true, cell: ({ to, lasts }) => (lasts ? formatTime(to) : '–') },
                { head: 'touched', cell: ({ touched }) => namesText(store, touched) },
                { head: '', cell: ({ row }) => <RecordLink store={store} row={row} /> },
              ]}
            />
          )}
        </div>
      </div>
    </Section>
  )
}

const NAMED = 8

function namesText({ data }: RunStore, touched: readonly number[]): string {
  const names = touched.slice(0, NAMED).map((node) => data.nodes[node]?.name ?? '')
  const rest = touched.length - names.length
  return names.length === 0
    ? 'nothing, as far as is known'
    : `${names.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
