// Deliberately broken twins of the service: each breaks one guarantee, and the checks must say which.
import { describe, expect, test } from 'vitest'

import type { Node, StreamConnection } from '../../../../index.ts'
import type { Txn } from '../../../../nodes/coordination/data/transactions.ts'
import type { EnsemblePeer, MakeEnsemblePeer } from '../../../../nodes/coordination/ensemble/index.ts'
import { EnsembleServer } from '../../../../nodes/coordination/ensemble/index.ts'
import type { RequestPipeline } from '../../../../nodes/coordination/server/pipeline.ts'
import type { ConnectRequest } from '../../../../nodes/coordination/wire.ts'
import type { ToLeader, ToLearner, Touches } from '../../../../nodes/coordination/ensemble/messages.ts'
import type { Context, Database } from '../../../../nodes/coordination/zab/index.ts'
import { Leader, Peer, Storage } from '../../../../nodes/coordination/zab/index.ts'
import type { Law, ObservedSetup } from './observed.ts'
import { runObserved } from './observed.ts'
import { ROUGH, SLEEPER } from './rough.ts'

type ServicePeer = EnsemblePeer
type ServiceContext = Context<Txn, ToLeader, ToLearner, Touches>
class ServiceLeader extends Leader<Txn, ToLeader, ToLearner, Touches> {}

/** A leader that needs nobody, and does not step down when nobody follows. */
class Autocrat extends Peer<Txn, ToLeader, ToLearner, Touches> {
  protected override makeLeader(context: ServiceContext, inStep: () => void): ServiceLeader {
    return new (class extends ServiceLeader {
      protected override quorumSize(): number {
        return 1
      }
    })(context, inStep)
  }
}

/** Acknowledges what is not on disk. */
class WithoutSync extends Peer<Txn, ToLeader, ToLearner, Touches> {
  protected override makeStorage(node: Node, database: Database<Txn>): Storage<Txn> {
    return new (class extends Storage<Txn> {
      protected override async sync(): Promise<void> {
        await Promise.resolve()
      }
    })(node, database, this.settings.snapCount)
  }
}

/** Forgets in a crash which epochs it has accepted. */
class WithoutEpochs extends Peer<Txn, ToLeader, ToLearner, Touches> {
  protected override makeStorage(node: Node, database: Database<Txn>): Storage<Txn> {
    return new (class extends Storage<Txn> {
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

/** Applies the end of a session without the end of its znodes. */
const keepEphemerals: MakeEnsemblePeer = (node, config, machine, hooks): ServicePeer =>
  new Peer(
    node,
    config,
    {
      get lastZxid() {
        return machine.lastZxid
      },
      apply(zxid, txn) {
        const { body } = txn
        machine.apply(zxid, body.type === 'closeSession' ? { ...txn, body: { ...body, paths: [] } } : txn)
      },
      settled: () => machine.settled?.(),
      snapshot: () => machine.snapshot(),
      restore: (snapshot, zxid) => machine.restore(snapshot, zxid),
    },
    hooks,
  )

/** Serves clients that have seen more than it has. */
class Forgetful extends EnsembleServer {
  override serve(stream: StreamConnection, first: ConnectRequest): Promise<void> {
    return super.serve(stream, { ...first, lastZxidSeen: 0 })
  }
}

type Tell = Parameters<RequestPipeline['watches']['fire']>[1]
type ServerArguments = ConstructorParameters<typeof EnsembleServer>

/** Forgets every third watch that should fire. */
class Drowsy extends EnsembleServer {
  constructor(...all: ServerArguments) {
    super(...all)
    const { watches } = this.pipeline
    const fire = watches.fire.bind(watches)
    let fired = 0
    watches.fire = (change, tell) => {
      fire(change, (...event) => {
        if (++fired % 3 !== 0) tell(...event)
      })
    }
  }
}

/** Repeats every event when the next one comes. */
class Stutterer extends EnsembleServer {
  constructor(...all: ServerArguments) {
    super(...all)
    const { watches } = this.pipeline
    const fire = watches.fire.bind(watches)
    const again: Parameters<Tell>[] = []
    watches.fire = (change, tell) => {
      for (const event of again.splice(0)) tell(...event)
      fire(change, (...event) => {
        tell(...event)
        again.push(event)
      })
    }
  }
}

interface Twin {
  readonly twin: string
  readonly breaks: readonly (Law | 'linearizability')[]
  readonly setup: Partial<ObservedSetup>
}

const cutOff: Partial<ObservedSetup> = {
  plan: [{ at: '6s', kind: 'partition', groups: [['role:leader', 'client[0]'], ['rest']], for: '4s' }],
  ensemble: { syncLimit: 20 },
}

/** The leader is cut off from the other servers only, and its clock is slow: it believes to lead for long. */
const believer: Partial<ObservedSetup> = {
  ensemble: { syncLimit: 20 },
  plan: [
    { at: '4s', kind: 'clock-drift', node: 'coordination[2]', ppm: -500_000, for: '14s' },
    { at: '4s', kind: 'partition', groups: [['coordination[2]'], ['coordination[0..1]']], for: '14s' },
  ],
}

const allDown: Partial<ObservedSetup> = {
  faults: {
    ...ROUGH,
    maxDown: 3,
    faults: { crash: { every: '1500ms', for: '1s' }, partition: { every: '4s', for: '2s' } },
  },
}

const twins: readonly Twin[] = [
  {
    twin: 'a leader without a quorum',
    breaks: ['acknowledged writes stay', 'linearizability'],
    setup: { ...cutOff, peer: (...all) => new Autocrat(...all) },
  },
  {
    twin: 'acknowledgement before the sync',
    breaks: ['acknowledged writes stay'],
    setup: { ...allDown, peer: (...all) => new WithoutSync(...all) },
  },
  {
    twin: 'epochs that are not kept',
    breaks: ['one leader an epoch', 'agreement'],
    setup: { ...allDown, peer: (...all) => new WithoutEpochs(...all) },
  },
  {
    twin: 'numbers and zxids given twice',
    breaks: ['zxids and numbers are unique'],
    setup: { ...allDown, peer: (...all) => new WithoutSync(...all) },
  },
  {
    twin: 'sessions that end without their znodes',
    breaks: ['ephemerals go with their session'],
    setup: { plan: SLEEPER, peer: keepEphemerals },
  },
  {
    twin: 'servers that do not look at what a client has seen',
    breaks: ['time never runs backwards'],
    setup: { ...believer, server: Forgetful },
  },
  { twin: 'watches that do not fire', breaks: ['watches fire once'], setup: { server: Drowsy } },
  { twin: 'watches that fire twice', breaks: ['watches fire once'], setup: { server: Stutterer } },
]

const SEEDS = 12

describe('the checks of the service catch', () => {
  test.each(twins)('$twin', async ({ breaks, setup }) => {
    const missing = new Set<string>(breaks)
    for (let seed = 1; seed <= SEEDS && missing.size > 0; seed++) {
      const { observer, linearizable } = await runObserved({ ...setup, seed, run: { onThrow: 'crash' } })
      for (const { law } of observer.violations) missing.delete(law)
      if (linearizable === 'violated') missing.delete('linearizability')
    }
    expect([...missing]).toEqual([])
  })

  test.each([
    ['a leader is cut off', cutOff],
    ['a leader believes for long that it leads', believer],
    ['all servers crash', allDown],
  ])('nothing in the sound one when %s', async (_, setup) => {
    for (let seed = 1; seed <= 3; seed++) {
      const { observer, linearizable } = await runObserved({ ...setup, seed })
      expect(observer.violations).toEqual([])
      expect(linearizable).toBe('held')
    }
  })
})
