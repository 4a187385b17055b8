/** Two runs side by side: how their specs differ, where they part, what each did from there, and their states. */
import { useState } from 'preact/hooks'
import type { DiffData, RecordData, RowData, SideData } from '../../diff/data.ts'
import { Command, PageShell, Section } from '../../ui/shell.tsx'
import { Table } from '../../ui/table.tsx'
import './diff.css'

export function DiffPage({ data }: { readonly data: DiffData }) {
  const { scenario, first, a, b, specs, states, missing, command } = data
  return (
    <PageShell
      title={`${scenario}: two runs`}
      summary={
        first === undefined
          ? 'No record differs.'
          : `They are the same up to record ${first - 1}; record ${first} is the first that differs.`
      }
      contents={[
        ['runs', 'Runs'],
        ['records', 'Records'],
        ['states', 'States'],
      ]}
    >
      <Section id="runs" title="Runs">
        <div class="sides">
          <Side side={a} sign="a" />
          <Side side={b} sign="b" />
        </div>
        {specs.length === 0 ? null : (
          <div class="card specs">
            <h3>How their run specs differ</h3>
            <Table
              label="Run specs"
              columns={[
                { head: 'field', cell: ({ field }) => field },
                { head: a.name, cell: (spec) => <code>{spec.a}</code> },
                { head: b.name, cell: (spec) => <code>{spec.b}</code> },
              ]}
              rows={specs}
            />
          </div>
        )}
        <Command about="the same in the terminal" command={command} />
      </Section>
      <Section
        id="records"
        title="Records"
        aside="what both did stands on both sides, what one did on its own"
      >
        <Records data={data} />
      </Section>
      <Section
        id="states"
        title="States"
        aside={first === undefined ? 'nothing differs' : `after record ${first} of each run`}
      >
        {missing.map((text) => (
          <p key={text} class="note">
            {text}
          </p>
        ))}
        {states.length === 0 && missing.length === 0 ? <p>The states of all nodes are the same.</p> : null}
        {states.map(({ node, differences }) => (
          <div key={node} class="card state">
            <h3>{node}</h3>
            {differences.length === 0 ? (
              <p>the same in both</p>
            ) : (
              <Table
                label={`State of ${node}`}
                columns={[
                  { head: 'where', cell: ({ path }) => <code>{path}</code> },
                  { head: a.name, cell: (one) => <code>{one.a}</code> },
                  { head: b.name, cell: (one) => <code>{one.b}</code> },
                ]}
                rows={differences}
              />
            )}
          </div>
        ))}
      </Section>
    </PageShell>
  )
}

function Side({ side, sign }: { readonly side: SideData; readonly sign: 'a' | 'b' }) {
  const { name, verdict, records, endedAt, fingerprint, violations } = side
  return (
    <div class={`card side-${sign}`}>
      <h3>
        <span class="sign">{sign}</span> {name}
      </h3>
      <dl class="facts">
        <dt>verdict</dt>
        <dd>{verdict}</dd>
        {violations.map((text) => (
          <>
            <dt>violated</dt>
            <dd>{text}</dd>
          </>
        ))}
        <dt>ended at</dt>
        <dd>{seconds(endedAt)}</dd>
        <dt>records</dt>
        <dd>{records}</dd>
        <dt>fingerprint</dt>
        <dd>
          <code>{fingerprint}</code>
        </dd>
      </dl>
    </div>
  )
}

function Records({ data }: { readonly data: DiffData }) {
  const [node, setNode] = useState('')
  const [onlyDifferent, setOnlyDifferent] = useState(false)
  const rows = data.rows.filter((row) => {
    if (onlyDifferent && row.a !== undefined && row.b !== undefined) return false
    return node === '' || row.a?.node === node || row.b?.node === node
  })
  return (
    <div class="card">
      <div class="filters" role="group" aria-label="Filters">
        <label>
          node{' '}
          <select value={node} onChange={(event) => setNode(event.currentTarget.value)}>
            <option value="">all</option>
            {data.nodes.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            checked={onlyDifferent}
            onChange={(event) => setOnlyDifferent(event.currentTarget.checked)}
          />{' '}
          only what differs
        </label>
        <span class="aside" role="status">
          {rows.length} of {data.rows.length} rows
        </span>
      </div>
      <div class="scroller" role="region" aria-label="Records of both runs" tabIndex={0}>
        <table class="records">
          <caption class="hidden">Records of both runs from shortly before their first difference</caption>
          <thead>
            <tr>
              <th scope="col">time</th>
              <th scope="col">
                <span class="sign">a</span> {data.a.name}
              </th>
              <th scope="col">
                <span class="sign">b</span> {data.b.name}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={`${row.a?.id ?? ''}/${row.b?.id ?? ''}`} row={row} first={data.first} />
            ))}
          </tbody>
        </table>
      </div>
      <Rest data={data} />
    </div>
  )
}

function Rest({ data: { a, b } }: { readonly data: DiffData }) {
  if (a.left + b.left === 0) return <p class="aside">Both runs are shown to their ends.</p>
  return (
    <p class="aside">
      Not shown: {a.left} later records of {a.name}, {b.left} of {b.name}.
    </p>
  )
}

function Row({ row: { a, b }, first }: { readonly row: RowData; readonly first: number | undefined }) {
  const isSame = a !== undefined && b !== undefined
  const isFirst = first !== undefined && (a?.id === first || b?.id === first) && !isSame
  return (
    <tr class={`${isSame ? 'same' : 'differs'}${isFirst ? ' first' : ''}`}>
      <td class="number">{seconds((a ?? b)?.t ?? 0)}</td>
      {isSame ? (
        <td colSpan={2}>
          <Record record={a} other={b} />
        </td>
      ) : (
        <>
          <td class="a">{a === undefined ? null : <Record record={a} />}</td>
          <td class="b">{b === undefined ? null : <Record record={b} />}</td>
        </>
      )}
    </tr>
  )
}

function Record({ record, other }: { readonly record: RecordData; readonly other?: RecordData }) {
  const { id, node, kind, said } = record
  const ids = other === undefined || other.id === id ? `#${id}` : `#${id} | #${other.id}`
  return (
    <>
      <span class="id">{ids}</span> <b>{node}</b> <span class={`kind ${kind}`}>{kind}</span> {said}
    </>
  )
}

function seconds(us: number): string {
  return `${(us / 1_000_000).toFixed(6)} s`
}
