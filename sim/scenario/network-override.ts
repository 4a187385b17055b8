/**
 * Making the network that a scenario describes simpler, as a choice of the run's profile: for telling a failure that
 * needs a delay or a loss of just that size from one that does not. Faults of the plan are not touched, bandwidth and
 * order neither.
 */
import type { Delay } from '../kernel/distributions.ts'
import { compile } from '../kernel/distributions.ts'
import { CallerError, show } from '../kernel/errors.ts'
import { unknownName } from '../kernel/nearest.ts'
import type { HostNetwork } from '../host/host.ts'
import type { LinkOptions } from '../network/link.ts'

/** What of the described network is made simpler; what is left out stays as the scenario says. */
export interface NetworkOverride {
  /** Each link's delay is always its mean (its median where there is no finite mean). */
  readonly delay?: 'constant'
  /** Nothing is lost, duplicated, reordered or corrupted, other than by faults of the plan. */
  readonly faults?: 'none'
}

const ALLOWED: Readonly<Record<string, string>> = { delay: 'constant', faults: 'none' }

/** Throws a CallerError unless it is a {@link NetworkOverride}. */
export function checkNetworkOverride(given: unknown, where: string): void {
  if (typeof given !== 'object' || given === null) {
    throw new CallerError(show(given), { where, expected: "{ delay: 'constant', faults: 'none' }" })
  }
  for (const [field, value] of Object.entries(given)) {
    const allowed = Object.hasOwn(ALLOWED, field) ? ALLOWED[field] : undefined
    if (allowed === undefined) throw unknownName('field', field, Object.keys(ALLOWED), where)
    if (value !== allowed) {
      throw new CallerError(show(value), { where: `${where}.${field}`, expected: `'${allowed}'` })
    }
  }
}

/** The network with the override applied to every link. */
export function simplified(network: HostNetwork, override: NetworkOverride): HostNetwork {
  if (override.delay === undefined && override.faults === undefined) return network
  const { special } = network
  return {
    ...network,
    base: simplifiedLink(network.base, override),
    ...(special === undefined
      ? {}
      : {
          special: (from: number, to: number) => {
            const link = special(from, to)
            return link === undefined ? undefined : simplifiedLink(link, override)
          },
        }),
  }
}

function simplifiedLink(link: LinkOptions, { delay, faults }: NetworkOverride): LinkOptions {
  let out = link
  if (delay === 'constant' && link.delay !== undefined) out = { ...out, delay: typicalDelay(link.delay) }
  if (faults === 'none') {
    const {
      loss: _loss,
      duplication: _duplication,
      reordering: _reordering,
      corruption: _corruption,
      ...rest
    } = out
    out = rest
  }
  return out
}

/** The mean of a delay, or its median if the mean is infinite. */
export function typicalDelay(delay: Delay): Delay {
  const sampler = compile(delay, 'network.delay')
  const mean = sampler.meanMicros
  const us = Number.isFinite(mean) ? Math.round(mean) : sampler.sample({ next: () => 0.5 })
  return `${us}us`
}
