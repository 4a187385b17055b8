/**
 * Exploration hooks: places in a node's code, named by `node.maybe(name, probability)`, at which something rare but
 * legal may happen (a buffer flushed early, a batch of one, a retry that is not needed). In the spirit of BUGGIFY in
 * FoundationDB's simulation: two levels, so that in a given run most places behave as ever and a few misbehave often,
 * which finds more than everything misbehaving a little (Zhou et al., "FoundationDB: A Distributed Unbundled
 * Transactional Key Value Store", SIGMOD 2021, section 4).
 *
 * Whether a site is live is drawn once a run from the stream `hooks/<name>`; each visit draws from a stream that site
 * and node have to themselves. A new site therefore shifts nothing, and a site that is not live draws nothing.
 */
import type { RandomStream, RandomStreams } from '../kernel/random.ts'

/** The share of sites that are live in a run. */
export const LIVE_SHARE = 0.25

/** What became of one site in a run. */
export interface HookReport {
  readonly name: string
  /** Whether it could fire in this run at all. */
  readonly live: boolean
  /** How often a node asked. */
  readonly visits: number
  /** How often the answer was yes. */
  readonly hits: number
}

interface Site {
  readonly live: boolean
  /** By node; a machine keeps its stream when it restarts. */
  readonly streams: Map<number, RandomStream>
  visits: number
  hits: number
}

/** The sites of one run, in which hooks are on. */
export class Hooks {
  private readonly random: RandomStreams
  private readonly sites = new Map<string, Site>()

  constructor(random: RandomStreams) {
    this.random = random
  }

  /** Whether the site fires now for this node. */
  fires(name: string, probability: number, id: number, node: string): boolean {
    const site = this.site(name)
    site.visits++
    if (!site.live) return false
    let stream = site.streams.get(id)
    if (stream === undefined) {
      stream = this.random.member('hook-visits', `${node}/${name}`)
      site.streams.set(id, stream)
    }
    if (!stream.chance(probability)) return false
    site.hits++
    return true
  }

  /** All sites that were visited, sorted by name. */
  get report(): readonly HookReport[] {
    return [...this.sites]
      .map(([name, { live, visits, hits }]) => ({ name, live, visits, hits }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  private site(name: string): Site {
    let site = this.sites.get(name)
    if (site === undefined) {
      const live = this.random.member('hooks', name).chance(LIVE_SHARE)
      site = { live, streams: new Map(), visits: 0, hits: 0 }
      this.sites.set(name, site)
    }
    return site
  }
}
