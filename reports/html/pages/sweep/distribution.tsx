/** How one number is distributed over runs: bars, with the middle 80 % and the median marked below. */
import type { DistributionData } from '../../sweep/data.ts'
import { numberText } from '../../ui/chart.tsx'
import { Table } from '../../ui/table.tsx'

const WIDTH = 320
const HEIGHT = 84

interface DistributionProps {
  readonly data: DistributionData
  readonly runs: number
}

export function Distribution({ data, runs }: DistributionProps) {
  const { name, about, least, most, counts, p10, p50, p90 } = data
  const total = counts.reduce((sum, count) => sum + count, 0)
  const silent = runs - total
  return (
    <figure class="card distribution">
      <figcaption>
        {name} <span class="unit">{about}</span>
      </figcaption>
      {least === most ? (
        <p class="same">
          {numberText(least)} in {total === 1 ? 'the only run' : `all ${total} runs`}
        </p>
      ) : (
        <Bars data={data} />
      )}
      {silent > 0 ? <p class="same">{silent} runs say nothing about it</p> : null}
      <details>
        <summary>Numbers</summary>
        <Table
          label={`Distribution of ${name}`}
          columns={[
            { head: 'least', number: true, cell: () => numberText(least) },
            { head: 'p10', number: true, cell: () => numberText(p10) },
            { head: 'median', number: true, cell: () => numberText(p50) },
            { head: 'p90', number: true, cell: () => numberText(p90) },
            { head: 'most', number: true, cell: () => numberText(most) },
            { head: 'runs', number: true, cell: () => String(total) },
          ]}
          rows={[data]}
        />
      </details>
    </figure>
  )
}

function Bars({ data: { name, least, most, counts, p10, p50, p90 } }: { readonly data: DistributionData }) {
  const fullest = Math.max(...counts)
  const step = WIDTH / counts.length
  const x = (value: number): number => Math.round(((value - least) / (most - least)) * WIDTH * 10) / 10
  const class0 = (most - least) / counts.length
  return (
    <svg
      viewBox={`-4 0 ${WIDTH + 8} ${HEIGHT + 26}`}
      role="img"
      aria-label={`${name}: from ${numberText(least)} to ${numberText(most)}, median ${numberText(p50)}`}
    >
      {counts.map((count, index) => {
        const height = count === 0 ? 0 : Math.max(2, (count / fullest) * HEIGHT)
        return (
          <rect
            key={index}
            class="bar"
            x={index * step}
            y={HEIGHT - height}
            width={Math.max(1, step - 1)}
            height={height}
          >
            <title>{`${numberText(least + index * class0)} to ${numberText(least + (index + 1) * class0)}: ${count} runs`}</title>
          </rect>
        )
      })}
      <path class="middle" d={`M${x(p10)} ${HEIGHT + 5}H${Math.max(x(p90), x(p10) + 1)}`} />
      <path class="median" d={`M${x(p50)} ${HEIGHT + 1}v8`} />
      <text x={0} y={HEIGHT + 22}>
        {numberText(least)}
      </text>
      <text x={WIDTH} y={HEIGHT + 22} text-anchor="end">
        {numberText(most)}
      </text>
    </svg>
  )
}
