// Judging histories: one of many registers as clients of a real system record it, and one that an adversary made.
import { judgeLinearizable } from '../sim/checks/linearizability.ts'
import type { HistoryCall } from '../sim/checks/history.ts'
import { models } from '../sim/checks/models/list.ts'
import type { AnyModel } from '../sim/checks/models/model.ts'
import type { Judgement, SearchBudget } from '../sim/checks/search/judge.ts'
import { hex64 } from '../sim/kernel/hash.ts'
import type { Benchmark, Outcome } from './benchmark.ts'
import { sfc32 } from './random.ts'

/** Reads and writes of registers, each of which takes effect once between its beginning and its end. */
export function registerHistory(calls: number, clients: number, registers: number): readonly HistoryCall[] {
  const integers = sfc32(20)
  const draw = (): number => integers() / 4294967296
  const free = Array.from({ length: clients }, draw)
  const drafts = Array.from({ length: calls }, (_, index) => {
    const client = index % clients
    const from = (free[client] as number) + draw() * 0.2
    const to = from + 0.2 + draw()
    free[client] = to
    // One in a hundred is given up by its client and takes effect later, if at all.
    const known = draw() >= 0.01
    const at = from + draw() * (known ? to - from : 5)
    return {
      id: index + 1,
      client,
      from,
      to,
      at,
      known,
      register: Math.floor(draw() * registers),
      isRead: draw() < 0.5,
    }
  })
  const held = new Map<number, number>()
  const seen = new Map<number, number | null>()
  for (const { id, register, isRead } of [...drafts].sort((a, b) => a.at - b.at)) {
    if (isRead) seen.set(id, held.get(register) ?? null)
    else held.set(register, id)
  }
  return drafts.map(({ id, client, from, to, known, register, isRead }): HistoryCall => {
    return {
      id,
      process: `client[${client}]`,
      name: isRead ? 'read' : 'write',
      input: isRead ? undefined : id,
      output: known && isRead ? seen.get(id) : undefined,
      known,
      object: register,
      from,
      to: known ? to : Infinity,
    }
  })
}

/** Swaps among few values that all overlap, and a read of a value that none of them leaves: no order, hardly a hint. */
export function adversarialHistory(width: number): readonly HistoryCall[] {
  const values = 12
  let id = 0
  const call = (name: string, input: unknown, output: unknown, from: number, to: number): HistoryCall => {
    const known = to !== Infinity
    return { id: ++id, process: `client[${id}]`, name, input, output, known, object: undefined, from, to }
  }
  const positions = Array.from({ length: width }, (_, index) => index)
  return [
    ...positions.map((i) => call('write', i % values, undefined, i, 1000 + i)),
    ...positions.map((i) => call('cas', [i % values, (i * 7 + 5) % values], true, 100 + i, 2000 + i)),
    call('cas', ['one', 'other'], undefined, 500, Infinity),
    call('cas', ['other', 'one'], undefined, 501, Infinity),
    call('read', undefined, 'one', 3000, 3001),
  ]
}

function timed(
  calls: readonly HistoryCall[],
  model: AnyModel,
  budget: SearchBudget,
  operations: (judgement: Judgement) => number,
): Outcome {
  judgeLinearizable(calls.slice(0, calls.length >> 3), model, { ...budget, steps: 20_000 })
  const begun = process.hrtime.bigint()
  const judgement = judgeLinearizable(calls, model, budget)
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9
  const verdict = ['held', 'violated', 'undecided'].indexOf(judgement.verdict)
  return { operations: operations(judgement), seconds, hash: hex64(judgement.steps | 0, verdict) }
}

export const linearizableRegister: Benchmark = {
  name: 'linearizable-register',
  what: 'judging operations: 10 000 reads and writes of 100 clients on 100 registers, 1 % of unknown outcome',
  goal: null,
  ours: {
    name: 'judgeLinearizable',
    run(scale) {
      const calls = registerHistory(Math.max(100, Math.round(10_000 * scale)), 100, 100)
      return Promise.resolve(timed(calls, models.register(), {}, () => calls.length))
    },
  },
  yardsticks: [],
}

export const linearizableAdversary: Benchmark = {
  name: 'linearizable-adversary',
  what: 'steps of a search that its budget of 3 million ends: 24 writes and 24 swaps that overlap, and no order',
  goal: null,
  ours: {
    name: 'judgeLinearizable',
    run(scale) {
      const steps = Math.max(10_000, Math.round(3_000_000 * scale))
      return Promise.resolve(
        timed(
          adversarialHistory(24),
          models.casRegister(),
          { steps, memory: 512 },
          (judgement) => judgement.steps,
        ),
      )
    },
  },
  yardsticks: [],
}
