/**
 * A replica: holds one version of each register and replaces it only by a newer one. A write is on disk before it is
 * acknowledged, since a quorum counts on what its members said even after they crashed.
 *
 * Left out: compaction of the log, and replicas that talk to each other (hinted handoff and Merkle trees of Dynamo):
 * only clients carry versions about.
 */
import { defineNode } from 'orrery-sim'
import type { Versioned } from './version.ts'
import { initial, isNewer } from './version.ts'

/** What replicas understand. Both requests may be repeated without harm. */
export interface ReplicaMessages {
  /** The newest version that this replica holds. */
  read(message: { readonly key: string }): Versioned
  /** Holds this version from now on, unless a newer one is held; answered when it is durable. */
  store(message: { readonly key: string; readonly record: Versioned }): void
}

interface Entry {
  readonly key: string
  readonly record: Versioned
}

const LOG = 'log'

/** A member of a replicated register. */
export const replica = defineNode<ReplicaMessages>()({
  kind: 'replica',
  state: () => ({ records: new Map<string, Versioned>() }),
  disk: { latency: { append: '20us', sync: '1ms' } },

  async recover({ disk, state }) {
    const entries = await disk.read<Entry | { readonly torn: true }>(LOG)
    for (const [index, entry] of entries.entries()) {
      if ('torn' in entry) {
        // Half an entry was never acknowledged: drop it, so that the log goes on after what is whole.
        await disk.truncate(LOG, index)
        await disk.sync(LOG)
        break
      }
      keep(state.records, entry)
    }
  },

  on: {
    read: (node, { key }) => node.state.records.get(key) ?? initial,

    async store(node, entry) {
      const held = node.state.records.get(entry.key)
      if (held === undefined || isNewer(entry.record.version, held.version)) {
        await node.disk.append(LOG, entry)
        await node.disk.sync(LOG)
        keep(node.state.records, entry)
      }
    },
  },
})

function keep(records: Map<string, Versioned>, { key, record }: Entry): void {
  const held = records.get(key)
  if (held === undefined || isNewer(record.version, held.version)) records.set(key, record)
}
