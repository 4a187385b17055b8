/**
 * Numbers that rise from leader to leader, of three origins. Each is unique, and each is known to the leader alone before
 * it first uses it.
 *
 * - `sequence`: the number of its znode in the election. Only as good as the directory: if that is deleted and made anew,
 *   the numbers begin again.
 * - `zxid`: the transaction that created its znode. It rises for as long as the service exists (Kleppmann 2016 suggests
 *   it, or the znode's version).
 * - `epoch`: the version of a znode that each new leader changes, on condition that nobody else has meanwhile; Kafka's
 *   `/controller_epoch`, and in the manner of ZAB's epochs and Raft's terms.
 */
import type { CoordinationSession, Result } from 'orrery-sim/nodes/coordination'
import type { Lease } from 'orrery-sim/nodes/recipes'

export type TokenSource = 'sequence' | 'zxid' | 'epoch'

const EPOCH = '/epoch'

/** The token of a new leader; undefined if it could not be had, or if another leader was faster. */
export async function tokenOf(
  source: TokenSource,
  lease: Lease,
  session: CoordinationSession,
): Promise<number | undefined> {
  switch (source) {
    case 'sequence':
      return lease.token
    case 'zxid': {
      const own = await session.exists(lease.path)
      return own.ok ? own.value?.czxid : undefined
    }
    case 'epoch':
      return nextEpoch(session)
  }
}

async function nextEpoch(session: CoordinationSession): Promise<number | undefined> {
  const before = await versionOf(session)
  if (!before.ok) return undefined
  const changed = await session.setData(EPOCH, '', before.value)
  return changed.ok ? changed.value.stat.version : undefined
}

async function versionOf(session: CoordinationSession): Promise<Result<number>> {
  const read = await session.getData(EPOCH)
  if (read.ok) return { ok: true, value: read.value.stat.version }
  if (read.reason !== 'NoNode') return read
  const created = await session.create(EPOCH)
  return created.ok || created.reason === 'NodeExists' ? { ok: true, value: 0 } : created
}
