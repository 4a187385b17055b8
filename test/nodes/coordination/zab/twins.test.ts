// Deliberately broken twins: each breaks one rule of the protocol, and the checks of the sound one must notice.
import { describe, expect, test } from 'vitest'

import type { Context, Database, Proposal } from '../../../../nodes/coordination/zab/index.ts'
import { Election, Leader, Peer, Storage } from '../../../../nodes/coordination/zab/index.ts'
import type { Node } from '../../../../index.ts'
import type { MakePeer, ZabSetup } from './cluster.ts'
import { runZab } from './cluster.ts'

class ListLeader extends Leader<string, never, never, undefined> {}
class ListPeer extends Peer<string> {
  protected override makeLeader(
    context: Context<string, never, never, undefined>,
    inStep: () => void,
  ): ListLeader {
    return new ListLeader(context, inStep)
  }
}

/** Commits what only itself has. */
class WithoutMajority extends ListPeer {
  protected override makeLeader(...all: ConstructorParameters<typeof ListLeader>): ListLeader {
    return new (class extends ListLeader {
      protected override quorumSize(): number {
        return 1
      }
    })(...all)
  }
}

/** Delivers what is committed together in the wrong order. */
class OutOfOrder extends ListPeer {
  protected override makeLeader(...all: ConstructorParameters<typeof ListLeader>): ListLeader {
    return new (class extends ListLeader {
      protected override outstandingUpTo(zxid: number): readonly (readonly [number, string])[] {
        const [first, ...rest] = super.outstandingUpTo(zxid)
        return first === undefined ? rest : [...rest, first]
      }
    })(...all)
  }
}

/** Acknowledges what is not on disk. */
class WithoutSync extends ListPeer {
  protected override makeStorage(node: Node, database: Database<string>): Storage<string> {
    return new (class extends Storage<string> {
      protected override async sync(): Promise<void> {
        await Promise.resolve()
      }
    })(node, database, this.settings.snapCount)
  }
}

/** Forgets in a crash which epochs it has accepted. */
class WithoutEpochs extends ListPeer {
  protected override makeStorage(node: Node, database: Database<string>): Storage<string> {
    return new (class extends Storage<string> {
      override async setAcceptedEpoch(epoch: number): Promise<void> {
        this.acceptedEpoch = epoch
        await Promise.resolve()
      }

      override async setCurrentEpoch(epoch: number): Promise<void> {
        this.currentEpoch = epoch
        await Promise.resolve()
      }
    })(node, database, this.settings.snapCount)
  }
}

/** Elects the largest id, whatever its history, and leads even those that know more. */
class BlindElection extends ListPeer {
  protected override makeElection(node: Node): Election {
    return new (class extends Election {
      protected override supersedes(a: Proposal, b: Proposal): boolean {
        return a.leader > b.leader
      }
    })(node, this.candidate())
  }

  protected override makeLeader(...all: ConstructorParameters<typeof ListLeader>): ListLeader {
    return new (class extends ListLeader {
      protected override isBehind(): boolean {
        return false
      }
    })(...all)
  }
}

const SEEDS = 10

/** The first violations that a twin shows; none in the sound one under the same faults. */
async function violations(peer: MakePeer, setup: ZabSetup): Promise<readonly string[]> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { monitor } = await runZab({ ...setup, peer, run: { seed } })
    if (monitor.violations.length > 0) return monitor.violations
  }
  return []
}

const crashes: ZabSetup = {
  until: 15_000,
  config: { tick: 200 },
  faults: {
    nodes: 'server',
    quiet: '3s',
    maxDown: 3,
    faults: { crash: { every: '1s', for: '800ms' }, partition: { every: '3s', for: '2s' } },
  },
}

/** The leader is cut off together with the clients: it cannot know yet that the others elect another one. */
const cutOff: ZabSetup = {
  until: 8000,
  config: { tick: 200 },
  plan: [{ at: '3s', kind: 'partition', groups: [['role:leader', 'client'], ['rest']], for: '3s' }],
}

interface Twin {
  readonly twin: string
  readonly peer: MakePeer
  readonly shows: RegExp
  readonly setup: ZabSetup
}

describe('the checks of atomic broadcast catch', () => {
  const twins: readonly Twin[] = [
    {
      twin: 'a leader that does not wait for a majority',
      peer: (...all) => new WithoutMajority(...all),
      shows: /committed/,
      setup: cutOff,
    },
    {
      twin: 'commits out of order',
      peer: (...all) => new OutOfOrder(...all),
      shows: /committed|rise/,
      setup: { ...crashes, delay: 30, clients: 8 },
    },
    {
      twin: 'acknowledgements before the sync',
      peer: (...all) => new WithoutSync(...all),
      shows: /committed/,
      setup: crashes,
    },
    {
      twin: 'epochs that are not kept on disk',
      peer: (...all) => new WithoutEpochs(...all),
      shows: /epoch|committed/,
      setup: crashes,
    },
    {
      twin: 'an election that ignores the history',
      peer: (...all) => new BlindElection(...all),
      shows: /committed/,
      setup: crashes,
    },
  ]
  test.each(twins)('$twin', async ({ peer, shows, setup }) => {
    expect((await violations(peer, setup)).join('\n')).toMatch(shows)
  })

  test('nothing in the sound one under the same faults', async () => {
    const sound: MakePeer = (...all) => new ListPeer(...all)
    expect(await violations(sound, { ...crashes, clients: 8, until: 10_000 })).toEqual([])
    expect(await violations(sound, cutOff)).toEqual([])
  })
})
