import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pack, unpack } from '../../../reports/html/pack.ts'
import { pageHtml } from '../../../reports/html/page.ts'
import { outsideOf, stretchOf } from '../../../reports/html/run/selection.ts'
import { SeriesBuilder, SPANS } from '../../../reports/html/run/series.ts'
import type { RecordKind, TraceRecord } from '../../../sim/trace/records.ts'

describe('packed data', () => {
  it('come back as they were, and are text that no HTML parser can mistake', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const data: unknown = JSON.parse(json)
        const text = pack({ data })
        expect(unpack(text)).toEqual({ data })
        expect(text).toMatch(/^[A-Za-z0-9+/]+=*$/)
      }),
      { seed: 3, numRuns: 50 },
    )
  })
})

describe('a page', () => {
  it('is the same for the same data, and allows nothing but its own script and style', () => {
    const assets = { script: 'go()', style: 'a{}', scriptHash: 'SCRIPT', styleHash: 'STYLE' }
    const html = pageHtml({ title: '</title><script>x</script>', data: '</script>' }, assets)
    expect(html).toBe(pageHtml({ title: '</title><script>x</script>', data: '</script>' }, assets))
    expect(html).toContain("default-src 'none'; script-src 'sha256-SCRIPT'; style-src 'sha256-STYLE'")
    expect(html).toContain('<title>&lt;/title&gt;&lt;script&gt;')
    expect(html.match(/<\/script>/g)).toHaveLength(2)
  })
})

describe('the records of a long run', () => {
  const record = (id: number, kind: RecordKind, cause?: number): TraceRecord => ({
    id,
    t: id,
    kind,
    ...(cause === undefined ? {} : { cause }),
    hash: '',
  })
  const all = Array.from({ length: 1000 }, (_, at) => {
    const id = at + 1
    return record(id, id % 100 === 0 ? 'role' : 'timer', id === 700 ? 50 : id === 50 ? 1 : undefined)
  })

  it('are all shown up to the limit', () => {
    expect(stretchOf(100, 7, 100)).toEqual({ from: 1, to: 100 })
  })

  it('are those before and around the one that matters, else the last', () => {
    expect(stretchOf(1000, 700, 100)).toEqual({ from: 632, to: 711 })
    expect(stretchOf(1000, undefined, 100)).toEqual({ from: 921, to: 1000 })
    expect(stretchOf(1000, 5, 100)).toEqual({ from: 1, to: 80 })
  })

  it('outside are the causes of the one that matters, and what gives the run its shape, the latest', () => {
    const stretch = stretchOf(1000, 700, 100)
    expect([...outsideOf(all, stretch, 700, 100)]).toEqual([
      50, 1, 100, 200, 300, 400, 500, 600, 800, 900, 1000,
    ])
    expect([...outsideOf(all, stretch, 700, 20)]).toEqual([50, 1, 900, 1000])
  })
})

describe('measures over virtual time', () => {
  const operation = (id: number, t: number, took: number, status: 'ok' | 'fail'): readonly TraceRecord[] => [
    { id, t, kind: 'invoke', node: 'c', type: 'read', hash: '' },
    { id: id + 1, t: t + took, kind: status, node: 'c', type: 'read', data: { operation: id }, hash: '' },
  ]
  const series = new SeriesBuilder(SPANS * 1000 - 1)
  for (const [id, took, status] of [
    [1, 100, 'ok'],
    [3, 300, 'ok'],
    [5, 200, 'fail'],
  ] as const)
    for (const one of operation(id, id * 10, took, status)) series.record(one)
  series.observer({ t: 5500, node: 'c', kind: 'metric', type: 'retries', data: { count: 2 } })
  series.observer({ t: 100, node: 'c', kind: 'metric', type: 'queue', data: { gauge: 4 } })
  const clock = { node: 'c', wallError: 2000, monotonicError: 0, ppm: 0 }
  const charts = new Map(
    series.finish(['retries'], [{ ...clock, time: 2000 }]).map((one) => [one.name, one] as const),
  )
  const line = (name: string, label: string): readonly (number | null)[] | undefined =>
    charts.get(name)?.lines.find((one) => one.label === label)?.values

  it('are rates, percentiles and availability in each span', () => {
    expect(line('Operations per second', 'ok')?.[0]).toBe(2000)
    expect(line('Latency of operations', 'p50')?.[0]).toBeCloseTo(0.1)
    expect(line('Latency of operations', 'p99')?.[0]).toBeCloseTo(0.3)
    expect(line('Availability', 'availability')?.[0]).toBeCloseTo(66.67, 1)
  })

  it('have no value where nothing was measured, and keep a level until it changes', () => {
    expect(line('Availability', 'availability')?.[1]).toBeNull()
    expect(line('retries', 'rate')?.slice(4, 7)).toEqual([0, 2000, 0])
    expect(line('queue', 'c')?.[SPANS - 1]).toBe(4)
  })

  it('show the errors of clocks', () => {
    expect(line('Error of wall clocks', 'c')?.slice(0, 4)).toEqual([0, 0, 2, 2])
    expect(charts.has('Error of monotonic clocks')).toBe(false)
  })
})
