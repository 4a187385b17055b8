/** A sweep: how its runs ended, what failed, where, and how what was measured is distributed. */
import { useState } from 'preact/hooks'
import type { SweepData } from '../../sweep/data.ts'
import { Command, PageShell, Section, VerdictBadge } from '../../ui/shell.tsx'
import { Table } from '../../ui/table.tsx'
import { Distribution } from './distribution.tsx'
import { HeatMap } from './heat-map.tsx'
import { endedText } from './ended.ts'
import './sweep.css'

export function SweepPage({ data }: { readonly data: SweepData }) {
  const { scenario, verdict, params, failures, distributions, checks, faults } = data
  const [picked, pick] = useState<number | undefined>(undefined)
  const contents = [
    ['verdict', 'Verdict'],
    ...(failures.length + data.lost.length > 0 ? [['failures', 'Failures'] as const] : []),
    ['seeds', 'Seeds'],
    ['coverage', 'Coverage'],
    ['metrics', 'Metrics'],
    ['longest', 'Longest runs'],
  ] as const
  return (
    <PageShell
      title={
        <>
          {scenario}: a sweep <VerdictBadge verdict={verdict} />
        </>
      }
      summary={params.map(([name, value]) => `${name}=${value}`).join('  ')}
      contents={contents}
    >
      <Section id="verdict" title="Verdict">
        <Verdicts data={data} />
      </Section>
      {failures.length + data.lost.length > 0 ? (
        <Section
          id="failures"
          title="Failures"
          aside="by what failed; of each the run with the fewest events"
        >
          <Failures data={data} />
        </Section>
      ) : null}
      <Section id="seeds" title="Seeds" aside="a square a run; click one for its command">
        <HeatMap data={data} picked={picked} pick={pick} />
        {picked === undefined ? null : <Picked data={data} index={picked} />}
      </Section>
      <Section id="coverage" title="Coverage" aside="what checks saw, and what faults touched">
        <div class="coverage">
          <div class="card">
            <h3>Checks</h3>
            <Table
              label="Checks"
              columns={[
                { head: 'check', cell: ({ name }) => name },
                {
                  head: 'observed in',
                  number: true,
                  cell: ({ observed }) => share(observed, data.runs),
                },
                { head: 'violated', number: true, cell: ({ violated }) => String(violated) },
                { head: 'undecided', number: true, cell: ({ undecided }) => String(undecided) },
                {
                  head: 'reached in',
                  number: true,
                  cell: ({ reached }) =>
                    reached === undefined ? '–' : reached === 0 ? '✕ never' : share(reached, data.runs),
                },
              ]}
              rows={checks}
            />
          </div>
          <div class="card">
            <h3>Faults</h3>
            {faults.length === 0 ? (
              <p>No run had faults.</p>
            ) : (
              <Table
                label="Faults"
                columns={[
                  { head: 'fault', cell: ({ kind }) => kind },
                  { head: 'runs', number: true, cell: ({ runs }) => String(runs) },
                  { head: 'planned', number: true, cell: ({ planned }) => String(planned) },
                  { head: 'fired', number: true, cell: ({ fired, planned }) => share(fired, planned) },
                  {
                    head: 'touched anything',
                    number: true,
                    cell: ({ touched, planned }) => share(touched, planned),
                  },
                ]}
                rows={faults}
              />
            )}
          </div>
        </div>
        {data.warnings.map((text) => (
          <p key={text} class="note">
            {text}
          </p>
        ))}
      </Section>
      <Section
        id="metrics"
        title="Metrics"
        aside="each run is one number; the bar is the middle 80 % of runs"
      >
        <div class="distributions">
          {distributions.map((one) => (
            <Distribution key={one.name} data={one} runs={data.runs} />
          ))}
        </div>
      </Section>
      <Section
        id="longest"
        title="Longest runs"
        aside="by events; time by the clock would differ from machine to machine"
      >
        <Longest data={data} />
      </Section>
    </PageShell>
  )
}

function Verdicts({ data }: { readonly data: SweepData }) {
  const { verdicts, runs, seeds, shard, verified, events, virtualMicros, command } = data
  const parts = (['held', 'violated', 'undecided', 'lost'] as const).filter((name) => verdicts[name] > 0)
  return (
    <div class="card">
      <svg
        class="verdict-bar"
        viewBox="0 0 1000 22"
        preserveAspectRatio="none"
        role="img"
        aria-label={partsText(data)}
      >
        {parts.map((name, index) => {
          const before = parts.slice(0, index).reduce((sum, one) => sum + verdicts[one], 0)
          const x = (before / Math.max(1, runs)) * 1000
          return (
            <rect
              key={name}
              class={`ended-${name}`}
              x={x}
              y={0}
              width={(verdicts[name] / Math.max(1, runs)) * 1000}
              height={22}
            />
          )
        })}
      </svg>
      <p class="counts">
        {(['held', 'violated', 'undecided', 'lost'] as const).map((name) => (
          <span key={name} class={verdicts[name] === 0 ? 'none' : ''}>
            <span class={`swatch ended-${name}`} aria-hidden="true" /> {name} <b>{verdicts[name]}</b>
          </span>
        ))}
      </p>
      <dl class="facts">
        <dt>runs</dt>
        <dd>
          {runs}, seeds {seeds}
          {shard === undefined ? '' : `, shard ${shard}`}
        </dd>
        <dt>in all</dt>
        <dd>
          {events} events, {Math.round(virtualMicros / 1000) / 1000} s of virtual time
        </dd>
        <dt>repeated</dt>
        <dd>
          {verified === 0
            ? 'no run'
            : `${verified === 1 ? '1 run was' : `${verified} runs were`} executed twice, with the same result`}
        </dd>
      </dl>
      <Command about="make it again" command={command} />
    </div>
  )
}

function partsText({ verdicts, runs }: SweepData): string {
  const { held, violated, undecided, lost } = verdicts
  return `Of ${runs} runs ${held} held, ${violated} were violated, ${undecided} undecided, ${lost} lost.`
}

function Failures({ data: { failures, lost, runs } }: { readonly data: SweepData }) {
  return (
    <>
      {failures.map((failure, index) => (
        <article key={failure.signature} class="card failure">
          <h3>
            <span class={`swatch failure-${index % 6}`} aria-hidden="true" /> {failure.signature}
          </h3>
          <dl class="facts">
            <dt>runs</dt>
            <dd>{share(failure.runs, runs)}</dd>
            {failure.expected === undefined ? null : (
              <>
                <dt>expected</dt>
                <dd>{failure.expected}</dd>
              </>
            )}
            {failure.observed === undefined ? null : (
              <>
                <dt>observed</dt>
                <dd>
                  {failure.observed} (seed {failure.seed}
                  {failure.time === undefined ? '' : `, at ${failure.time / 1_000_000} s`})
                </dd>
              </>
            )}
            {failure.report === undefined ? null : (
              <>
                <dt>report</dt>
                <dd>
                  <a href={failure.report}>the run of seed {failure.seed}</a>
                </dd>
              </>
            )}
          </dl>
          <Command about="run it again" command={failure.replay} />
          <Command about="make it small" command={failure.shrink} />
        </article>
      ))}
      {lost.map(({ reason, runs: count, seed }) => (
        <article key={reason} class="card failure">
          <h3>
            <span class="swatch ended-lost" aria-hidden="true" /> lost: {reason}
          </h3>
          <p>
            {count} {count === 1 ? 'run' : 'runs'}, the first of seed {seed}
          </p>
        </article>
      ))}
    </>
  )
}

function Picked({ data, index }: { readonly data: SweepData; readonly index: number }) {
  const seed = data.run.seeds[index] ?? 0
  return (
    <div class="card picked" role="status">
      <strong>seed {seed}</strong>: {endedText(data, index)}, {data.run.events[index]} events
      <Command about="run it" command={data.oneRun.replace('SEED', String(seed))} />
    </div>
  )
}

const LONGEST = 20

function Longest({ data }: { readonly data: SweepData }) {
  const { seeds, events } = data.run
  const order = seeds.map((_, index) => index).sort((a, b) => (events[b] ?? 0) - (events[a] ?? 0) || a - b)
  return (
    <div class="card">
      <Table
        label="Longest runs"
        columns={[
          { head: 'seed', number: true, cell: (index) => String(seeds[index]) },
          { head: 'events', number: true, cell: (index) => String(events[index]) },
          { head: 'ended', cell: (index) => endedText(data, index) },
          {
            head: 'command',
            cell: (index) => <code>{data.oneRun.replace('SEED', String(seeds[index]))}</code>,
          },
        ]}
        rows={order.slice(0, LONGEST)}
      />
    </div>
  )
}

function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (part / whole) * 100
  return `${part} (${percent > 0 && percent < 1 ? '< 1' : String(Math.round(percent))} %)`
}
