import { describe, expect, it } from 'vitest'
import type { Plan, RunResult } from '../../../index.ts'
import { defineNode, scenario, simulate } from '../../../index.ts'
import type { BalancerConfig, Response, Server, ServiceMessages } from '../../../nodes/balancing/index.ts'
import {
  backend,
  balancer,
  choose,
  client,
  errorsAtMost,
  imbalanceAtMost,
  newServer,
  poissonRequests,
} from '../../../nodes/balancing/index.ts'

/** Ten seconds of two hundred requests a second, 5 ms each, for three backends; `kind` may be a twin of the balancer. */
function service(config: Omit<BalancerConfig, 'backends'>, kind = balancer) {
  return scenario({
    name: 'service',
    summary: 'a balanced service',
    cluster({ add, addOne, network }) {
      const backends = add(backend, 3, {})
      add(client, 1, { balancer: addOne(kind, { ...config, backends }), source: 1 })
      network({ delay: '1ms' })
    },
    workload: ({ random }) =>
      poissonRequests('client[0]', { perSecond: 200, seconds: 10, work: () => 5 }, random),
    checks: [imbalanceAtMost(1.15), errorsAtMost(0)],
    until: '15s',
  })
}

const crash: Plan = [{ at: '1s', kind: 'crash', node: 'backend[0]', for: '500ms' }]
const health = { inter: '100ms', rise: 2, fall: 3 } as const

function counter({ metrics }: RunResult, name: string): number {
  const metric = metrics[name]
  return metric?.kind === 'counter' ? metric.total : 0
}

function violated({ checks }: RunResult): string[] {
  return checks.filter(({ verdict }) => verdict === 'violated').map(({ name }) => name)
}

describe('the balancer', () => {
  it('hides a crash with health checks and retries', async () => {
    const result = await simulate(
      service({ strategy: 'round-robin', health, retries: 1, timeout: '200ms' }),
      { plan: crash },
    )
    expect(violated(result)).toEqual([])
    expect(counter(result, 'servers taken out')).toBe(1)
    expect(counter(result, 'servers back')).toBe(1)
  })

  it('loses every third request during a crash if it ignores health and does not retry', async () => {
    const result = await simulate(service({ strategy: 'round-robin' }), { plan: crash })
    expect(violated(result)).toEqual(['errors at most 0'])
    // 100 requests in half a second, every third of them; four standard deviations are about 20.
    const total = counter(result, 'errors')
    expect(total).toBeGreaterThan(33 - 20)
    expect(total).toBeLessThan(33 + 20)
  })

  it.each([
    ['200ms', 0],
    ['900ms', 1],
  ] as const)(
    'takes a server out after `fall` failed checks in a row: down for %s',
    async (lasting, taken) => {
      const plan: Plan = [{ at: '1050ms', kind: 'crash', node: 'backend[0]', for: lasting }]
      const result = await simulate(service({ strategy: 'random', health }), { plan })
      expect(counter(result, 'servers taken out')).toBe(taken)
    },
  )

  it('sends a retry elsewhere', async () => {
    const plan: Plan = [{ at: 0, kind: 'crash', node: 'backend[1]' }]
    const result = await simulate(service({ strategy: 'round-robin', retries: 1, timeout: '100ms' }), {
      plan,
    })
    const servers = new Set(
      result.history.map(({ output }) => (output as { server: string } | undefined)?.server),
    )
    expect(servers).not.toContain('backend[1]')
    expect(counter(result, 'errors')).toBe(0)
  })

  it('answers 503 when no server is up, and 504 when none answered', async () => {
    const all: Plan = [{ at: '1s', kind: 'crash', node: 'backend', for: '2s' }]
    const { history } = await simulate(service({ strategy: 'random', health, timeout: '50ms' }), {
      plan: all,
    })
    const reasons = new Map(history.map(({ reason, status }) => [reason, status]))
    expect(reasons.get('503 no server is up')).toBe('fail')
    expect(reasons.get('504 no server answered in time')).toBe('unknown')
  })
})

describe('a balancer that never gives back connections of requests that timed out', () => {
  /** A twin of the balancer that counts on every request being answered. */
  const leaky = defineNode<ServiceMessages, BalancerConfig>()({
    kind: 'balancer',
    state: ({ backends }) => ({ servers: backends.map((_backend, index) => ({ ...newServer(), index })) }),
    on: {
      async request(node, { source, work }): Promise<Response> {
        for (let sent = 0; sent < 3; sent++) {
          const server: Server & { index: number } = choose(
            node.config.strategy,
            node.state.servers,
            source,
            node.random,
          )
          const to = node.config.backends[server.index]!
          if (sent === 0) node.metrics.count(`requests ${to.name}`)
          server.connections++
          const reply = await node.request(to, 'serve', { work }, { timeout: '100ms' })
          if (!reply.ok) continue
          server.connections--
          return { status: 200, server: to.name }
        }
        return { status: 504 }
      },
    },
  })

  it('starves the backend that crashed: the imbalance check finds it', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const config = { strategy: 'least-connections', health, retries: 2, timeout: '100ms' } as const
      expect(violated(await simulate(service(config), { seed, plan: crash }))).toEqual([])
      const twin = await simulate(service(config, leaky), { seed, plan: crash })
      expect(violated(twin)).toContain('imbalance at most 1.15')
    }
  })
})
