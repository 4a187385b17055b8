import { describe, expect, it } from 'vitest'
import type { Check } from '../../../index.ts'
import {
  availability,
  budget,
  constant,
  converges,
  defineNode,
  fail,
  latency,
  messagesPerOperation,
  ok,
  scenario,
  simulate,
} from '../../../index.ts'
import type { Address } from '../../../index.ts'

interface Messages {
  readonly tell: (message: { readonly value: number }) => void
}

const replica = defineNode<Messages>()({
  kind: 'replica',
  state: () => ({ values: new Set<number>(), order: [] as number[] }),
  on: {
    tell(node, { value }) {
      node.state.values.add(value)
      node.state.order.push(value)
    },
  },
})

/** Tells each value to all replicas but, from `skipFrom` on, the last; answers after 2 ms, fails every fourth time. */
const client = defineNode<
  object,
  { readonly replicas: readonly Address<Messages>[]; readonly skipFrom: number }
>()({
  kind: 'client',
  async start(node) {
    const { replicas, skipFrom } = node.config
    for (let value = 1; value <= 4; value++) {
      await node.operation('tell', value, async () => {
        for (const [index, one] of replicas.entries()) {
          if (value < skipFrom || index < replicas.length - 1) node.send(one, 'tell', { value })
        }
        await node.sleep(2)
        return value === 4 ? fail('every fourth') : ok(value)
      })
      node.metrics.sample('step', value)
      node.metrics.count('steps')
    }
  },
})

const run = async (checks: readonly Check[], skipFrom = 9, replicas = 3) => {
  const toy = scenario({
    name: 'toy',
    summary: 'a client tells replicas numbers',
    params: {},
    cluster({ add, addOne, network }) {
      const all = add(replica, replicas)
      addOne(client, { replicas: all, skipFrom })
      network({ delay: constant('1ms') })
    },
    checks,
    until: '1s',
  })
  return (await simulate(toy)).checks
}

interface State {
  readonly values: ReadonlySet<number>
  readonly order: readonly number[]
}

describe('converges', () => {
  const check = converges<State>('replicas agree', { kind: 'replica', value: ({ values }) => values })

  it('holds when all nodes of the kind hold the same at the end', async () => {
    expect(await run([check])).toMatchObject([{ verdict: 'held', observations: 3 }])
  })

  it('names who holds what when they do not', async () => {
    const [result] = await run([check], 3)
    expect(result).toMatchObject({
      verdict: 'violated',
      observations: 3,
      detail: '2 different values on 3 nodes',
    })
    expect(result?.violation).toMatchObject({
      node: 'replica[2]',
      expected: 'all running nodes of kind replica hold the same',
      observed: 'replica[0], replica[1] hold set{1,2,3,4}; replica[2] holds set{1,2}',
    })
  })

  it('looks some time after the last fault if told so', async () => {
    const early = (within: '2ms' | '20ms' | '2s'): Check =>
      converges<State>('early', { kind: 'replica', value: ({ values }) => values.size, within })
    expect(await run([early('2ms'), early('20ms'), early('2s')])).toMatchObject([
      { verdict: 'held', observations: 3 },
      { verdict: 'held', observations: 3 },
      { verdict: 'undecided', detail: 'the run ended before 2s' },
    ])
  })

  it('observes nothing where there are not two to compare', async () => {
    expect(await run([check], 9, 1)).toMatchObject([{ verdict: 'held', observations: 0 }])
  })
})

describe('budget', () => {
  it('bounds a metric that nodes report', async () => {
    const results = await run([
      budget('mean', { metric: 'step', atMost: 2.5, atLeast: 2.5 }),
      budget('max', { metric: 'step', statistic: 'max', atMost: 3 }),
      budget('total', { metric: 'steps', atLeast: 5 }),
      budget('nothing', { metric: 'no such', atMost: 3 }),
    ])
    expect(results).toMatchObject([
      { verdict: 'held', observations: 4, detail: 'step: 2.5' },
      { verdict: 'violated', violation: { expected: 'step max at most 3', observed: '4' } },
      { verdict: 'violated', violation: { expected: 'steps at least 5', observed: '4' } },
      { verdict: 'held', observations: 0, detail: 'nothing was measured' },
    ])
  })

  it('bounds latency, availability and messages per operation', async () => {
    const results = await run([
      budget('fast', { measure: latency('p99', 'tell'), atMost: 2 }),
      budget('faster', { measure: latency('p50'), atMost: 1.9 }),
      budget('there', { measure: availability(), atLeast: 0.75 }),
      budget('always there', { measure: availability('tell'), atLeast: 0.8 }),
      budget('quiet', { measure: messagesPerOperation(), atMost: 4 }),
      budget('quieter', { measure: messagesPerOperation(), atMost: 3.9 }),
      budget('own', { measure: (world) => world.operations.length, atMost: 3 }),
    ])
    expect(results.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['fast', 'held'],
      ['faster', 'violated'],
      ['there', 'held'],
      ['always there', 'violated'],
      ['quiet', 'held'],
      ['quieter', 'violated'],
      ['own', 'violated'],
    ])
    expect(results[5]?.detail).toBe('messages per operation: 4')
  })

  it('changes no fingerprint by counting messages', async () => {
    const toy = (checks: readonly Check[]) =>
      simulate(
        scenario({
          name: 'toy',
          summary: 'toy',
          params: {},
          cluster({ add, addOne }) {
            addOne(client, { replicas: add(replica, 2), skipFrom: 9 })
          },
          checks,
          until: '1s',
        }),
      )
    const plain = await toy([])
    const counted = await toy([budget('quiet', { measure: messagesPerOperation(), atMost: 4 })])
    expect(counted.fingerprint).toBe(plain.fingerprint)
  })

  it('refuses what cannot be meant', () => {
    expect(() => budget('b', { metric: 'm' })).toThrow(
      "budget 'b': no bound; expected atMost, atLeast, or both",
    )
    expect(() => budget('b', { metric: 'm', statistic: 'p95' as 'p90', atMost: 1 })).toThrow(
      "did you mean 'p90'?",
    )
    expect(() => budget('b', { metric: 'm', atMost: NaN })).toThrow("budget 'b': NaN; expected a number")
  })
})
