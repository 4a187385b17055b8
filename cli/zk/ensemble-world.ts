/** The simulated world of the shell: an ensemble, the node at whose keyboard we sit, and what can be done to them. */
import type { Address, LiveRun } from '../../index.ts'
import { defineNode, live, scenario } from '../../index.ts'
import type { CoordinationServer, CoordinationState } from '../../nodes/coordination/index.ts'
import { ensemble } from '../../nodes/coordination/index.ts'
import { CliError } from './command-line.ts'
import { hex } from './words.ts'

export interface WorldOptions {
  /** Servers of the ensemble; 1 for one on its own. */
  readonly servers: number
  readonly seed: number
  /** Whether TTL znodes may be made. */
  readonly extendedTypes: boolean
}

/** The node of the shell. */
export const SHELL = 'shell'

interface ShellConfig {
  readonly servers: readonly Address<CoordinationServer>[]
}

const shell = defineNode<object, ShellConfig>()({ kind: SHELL })

export class EnsembleWorld {
  readonly run: LiveRun
  readonly size: number
  private cutCount = 0

  constructor({ servers, seed, extendedTypes }: WorldOptions) {
    this.size = servers
    this.run = live(
      scenario({
        name: 'zk',
        summary: 'an ensemble and somebody at a shell',
        cluster(setup) {
          setup.network({ delay: '1ms' })
          const addresses = ensemble(setup, { participants: servers, extendedTypesEnabled: extendedTypes })
          setup.addOne(shell, { servers: addresses })
        },
        checks: [],
        until: '1s',
      }),
      { seed },
    )
  }

  /** `server 2` as the simulation names it; throws a CliError for a number that no server has. */
  nodeOf(text: string): string {
    const number = Number(text)
    if (!/^\d+$/.test(text) || number < 1 || number > this.size) {
      throw new CliError(`there is no server ${text}: they are 1${this.size === 1 ? '' : ` to ${this.size}`}`)
    }
    return `coordination[${number - 1}]`
  }

  /** Lets a fault happen; throws a CliError if there was nothing for it to do. */
  async strike(fault: Parameters<LiveRun['fault']>[0], nothing: string): Promise<void> {
    const touched = await this.run.fault(fault)
    if (touched.length === 0) throw new CliError(nothing)
  }

  /** `1 | 2 3`: cuts the network between the groups. Who is in none reaches everybody; `shell` may be in one. */
  async partition(text: string): Promise<void> {
    const groups = text.split('|').map((group) =>
      group
        .split(/[\s,]+/)
        .filter((name) => name !== '')
        .map((name) => (name === SHELL ? SHELL : this.nodeOf(name))),
    )
    if (groups.length < 2 || groups.some((group) => group.length === 0)) {
      throw new CliError('partition: two groups or more, such as: partition 1 | 2 3')
    }
    await this.strike({ kind: 'partition', groups }, 'nothing lies between these groups')
    this.cutCount++
  }

  async heal(): Promise<void> {
    if (this.cutCount === 0) throw new CliError('the network is whole')
    await this.run.fault({ kind: 'heal' })
    this.cutCount = 0
  }

  /** One line for each server: role, epoch if it has a leader, and last zxid. */
  status(): string {
    return this.run.world
      .nodesOf<CoordinationState>('coordination')
      .map(({ up, paused, role, roleDetail, state }, index) => {
        const zxid = state?.database.lastZxid
        const is = !up ? 'down' : paused ? 'paused' : (role ?? 'standalone')
        // Of the leader that it follows or is; the one in its last zxid may be long over.
        const epoch = (roleDetail as { readonly epoch?: number } | undefined)?.epoch
        const follows = epoch === undefined ? '' : `epoch ${epoch}  `
        const knows = !up || zxid === undefined ? '' : `  ${follows}zxid ${hex(zxid)}`
        return `server ${index + 1}  ${is.padEnd(10)}${knows}`.trimEnd()
      })
      .join('\n')
  }
}
