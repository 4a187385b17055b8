/** A comparison: for each measure a chart against a parameter, its numbers, and all of it as CSV. */
import { useState } from 'preact/hooks'
import type { CompareData, MeasureData } from '../../compare/data.ts'
import type { ChartChoice } from '../../compare/lines.ts'
import { firstChoice, plotLines, positionsOf } from '../../compare/lines.ts'
import { numberText } from '../../ui/chart.tsx'
import { Download } from '../../ui/download.tsx'
import { LinePlot } from '../../ui/line-plot.tsx'
import { Command, PageShell, Section } from '../../ui/shell.tsx'
import { Table } from '../../ui/table.tsx'
import './compare.css'

export function ComparePage({ data }: { readonly data: CompareData }) {
  const [choice, setChoice] = useState(() => firstChoice(data))
  const { scenario, summary, set, seeds, seedCount, cells, measures, leftOut, command } = data
  const runs = cells.length * seedCount
  return (
    <PageShell
      title={`${scenario}: a comparison`}
      summary={summary}
      contents={[
        ...measures.map(({ name }, index) => [`measure-${index}`, name] as const),
        ['about', 'About'],
      ]}
    >
      <div class="card choices" role="group" aria-label="What the charts show">
        <Choices data={data} choice={choice} change={setChoice} />
        <Download name={`${scenario}.csv`} type="text/csv" text={data.csv}>
          Save all numbers as CSV
        </Download>
      </div>
      <div class="measures">
        {measures.map((measure, index) => (
          <Section key={measure.name} id={`measure-${index}`} title={measure.name} aside={measure.about}>
            <Measure data={data} measure={measure} choice={choice} />
          </Section>
        ))}
      </div>
      <Section id="about" title="About this comparison">
        <div class="card">
          <dl class="facts">
            <dt>runs</dt>
            <dd>
              {cells.length} {cells.length === 1 ? 'cell' : 'cells'} with {seedCount === 1 ? 'seed' : 'seeds'}{' '}
              {seeds} each: {runs} runs
            </dd>
            {set.length === 0 ? null : (
              <>
                <dt>in all cells</dt>
                <dd>{set.map(([name, value]) => `${name}=${value}`).join(' ')}</dd>
              </>
            )}
            <dt>bands</dt>
            <dd>
              95 % confidence of the mean by Student's t, of shares Wilson's. Every cell has the same seeds.
            </dd>
            {leftOut.map(({ values, reason }) => (
              <>
                <dt>left out</dt>
                <dd>
                  {values}: {reason}
                </dd>
              </>
            ))}
          </dl>
          <Command about="make it again" command={command} />
        </div>
      </Section>
    </PageShell>
  )
}

interface ChoicesProps {
  readonly data: CompareData
  readonly choice: ChartChoice
  readonly change: (choice: ChartChoice) => void
}

function Choices({ data: { varied }, choice, change }: ChoicesProps) {
  const { x, line, fixed } = choice
  const names = varied.map(({ param }, index) => [String(index), param] as const)
  const others = names.filter(([index]) => index !== String(x))
  return (
    <>
      <Select
        label="along x"
        value={String(x)}
        options={names}
        pick={(value) => {
          const picked = Number(value)
          change({ ...choice, x: picked, line: line === picked ? x : line })
        }}
      />
      {others.length === 0 ? null : (
        <Select
          label="a line for each"
          value={line === undefined ? '' : String(line)}
          options={[...others, ['', '(a single line)']]}
          pick={(value) => change({ ...choice, line: value === '' ? undefined : Number(value) })}
        />
      )}
      {varied.map(({ param, values }, index) =>
        index === x || index === line ? null : (
          <Select
            key={param}
            label={param}
            value={fixed[index] ?? ''}
            options={values.map((value) => [value, value] as const)}
            pick={(value) =>
              change({ ...choice, fixed: fixed.map((old, at) => (at === index ? value : old)) })
            }
          />
        ),
      )}
    </>
  )
}

interface SelectProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [string, string])[]
  readonly pick: (value: string) => void
}

function Select({ label, value, options, pick }: SelectProps) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => pick(event.currentTarget.value)}>
        {options.map(([key, words]) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  )
}

interface MeasureProps {
  readonly data: CompareData
  readonly measure: MeasureData
  readonly choice: ChartChoice
}

function Measure({ data, measure, choice }: MeasureProps) {
  const format = measure.kind === 'share' ? percentText : numberText
  const lines = plotLines(data, measure, choice)
  const xName = data.varied[choice.x]?.param ?? ''
  const told = lines
    .map(({ label, points }) => {
      const [first, last] = [points[0], points.at(-1)]
      if (first === undefined || last === undefined) return `${label}: no values`
      return `${label}: ${format(first.mean)} at ${first.value}, ${format(last.mean)} at ${last.value}`
    })
    .join('; ')
  return (
    <div class="card">
      <LinePlot
        label={`${measure.name} against ${xName}. ${told}.`}
        xName={xName}
        yName={measure.name}
        lines={lines}
        ticks={[...positionsOf(data, choice.x)]}
        format={format}
        {...(measure.kind === 'share' ? { most: 1 } : {})}
      />
      <details>
        <summary>Numbers</summary>
        <Numbers data={data} measure={measure} format={format} />
      </details>
    </div>
  )
}

interface NumbersProps {
  readonly data: CompareData
  readonly measure: MeasureData
  readonly format: (value: number) => string
}

function Numbers({ data, measure, format }: NumbersProps) {
  const rows = data.cells.map((values, index) => ({ values, cell: measure.cells[index] ?? { runs: 0 } }))
  const show = (value: number | undefined): string => (value === undefined ? '–' : format(value))
  const more =
    measure.kind === 'share'
      ? []
      : (['p50', 'p90', 'max'] as const).map((name) => ({
          head: name,
          number: true,
          cell: ({ cell }: (typeof rows)[number]) => show(cell[name]),
        }))
  return (
    <Table
      label={`Numbers of ${measure.name}`}
      columns={[
        ...data.varied.map(({ param }, at) => ({
          head: param,
          cell: ({ values }: (typeof rows)[number]) => values[at] ?? '',
        })),
        { head: 'mean', number: true, cell: ({ cell }) => show(cell.mean) },
        {
          head: '95 % interval',
          number: true,
          cell: ({ cell }) => (cell.low === undefined ? '–' : `${show(cell.low)} to ${show(cell.high)}`),
        },
        ...more,
        { head: 'runs', number: true, cell: ({ cell }) => String(cell.runs) },
      ]}
      rows={rows}
    />
  )
}

function percentText(share: number): string {
  const percent = Math.round(share * 1000) / 10
  return `${percent} %`
}
