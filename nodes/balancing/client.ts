/**
 * A client with an open loop: requests arrive when they arrive, whether or not earlier ones were answered. A closed loop
 * would send less when the service is slow, and hide its queues (Schroeder, Wierman, Harchol-Balter, "Open Versus
 * Closed", NSDI 2006).
 */
import type { Address, Duration, Node, Outcome, RandomStream } from 'orrery-sim'
import { defineNode, fail, ok, unknown } from 'orrery-sim'
import type { ServiceMessages } from './messages.ts'

export interface ClientConfig {
  readonly balancer: Address<ServiceMessages>
  /** The client's address as a 32-bit number. */
  readonly source: number
  /** How long it waits for a response. Default 10s. */
  readonly timeout?: Duration
}

/** A request of the workload: `work` in CPU milliseconds, sent `after` milliseconds after the one before. */
export interface RequestOperation {
  readonly node: string
  readonly name: 'request'
  readonly input: { readonly work: number }
  readonly after: number
}

/** Sends its workload; samples `latency` (ms, of what was served) and counts `served` and `errors`. */
export const client = defineNode<object, ClientConfig>()({
  kind: 'client',
  async start(node) {
    for (const operation of node.workload<RequestOperation>()) {
      await node.sleep(operation.after)
      void perform(node, operation)
    }
  },
})

async function perform(
  node: Node<object, unknown, ClientConfig>,
  { name, input }: RequestOperation,
): Promise<void> {
  const { balancer, source, timeout = '10s' } = node.config
  const begun = node.clock.monotonic()
  const outcome = await node.operation(
    name,
    input,
    async (): Promise<Outcome<{ readonly server: string }>> => {
      const answer = await node.request(balancer, 'request', { source, work: input.work }, { timeout })
      if (!answer.ok) return unknown(answer.reason)
      const { reply } = answer
      switch (reply.status) {
        case 200:
          return ok({ server: reply.server })
        case 503:
          return fail('503 no server is up')
        case 504:
          return unknown('504 no server answered in time')
      }
    },
  )
  node.metrics.count(outcome.type === 'ok' ? 'served' : 'errors')
  if (outcome.type === 'ok') node.metrics.sample('latency', node.clock.monotonic() - begun)
}

/** Poisson arrivals of one client, `perSecond` on average for `seconds`, each with a work drawn by `work`. */
export function poissonRequests(
  node: string,
  options: {
    readonly perSecond: number
    readonly seconds: number
    readonly work: (random: RandomStream) => number
  },
  random: RandomStream,
): RequestOperation[] {
  const requests: RequestOperation[] = []
  let after = random.exponential(1000 / options.perSecond)
  for (let at = after; at < options.seconds * 1000; at += after) {
    requests.push({ node, name: 'request', input: { work: options.work(random) }, after })
    after = random.exponential(1000 / options.perSecond)
  }
  return requests
}
