import { describe, expect, it } from 'vitest'
import type { Model, ParamValues } from '../../../index.ts'
import { linearizable, models, sequential, simulate } from '../../../index.ts'
import type { CheckResult } from '../../../sim/checks/check.ts'
import type { World } from '../../../sim/checks/world.ts'
import type { HistoryViolation } from '../../../sim/checks/search/report.ts'
import type { Operation } from '../../../sim/host/history.ts'
import type { Check } from '../../../sim/checks/check.ts'
import quorum from '../../../scenarios/quorum.ts'

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

type QuorumParams = Partial<ParamValues<typeof quorum.params>>

async function judged(check: Check, params: QuorumParams): Promise<CheckResult[]> {
  const scenario = { ...quorum, checks: [check] }
  const out: CheckResult[] = []
  for (const seed of seeds) {
    const { checks } = await simulate(scenario, { seed, params: params })
    out.push(...checks)
  }
  return out
}

describe('on the quorum scenario', () => {
  const check = linearizable({ model: 'register', by: 'key' })

  it('finds registers with write-back linearizable', async () => {
    for (const result of await judged(check, {})) {
      expect(result).toMatchObject({ name: 'linearizable (register by key)', verdict: 'held' })
      expect(result.observations).toBeGreaterThan(500)
    }
  })

  it('finds registers without write-back not linearizable, and names the read', async () => {
    for (const { verdict, violation } of await judged(check, { writeBack: false })) {
      expect(verdict).toBe('violated')
      const { witness, observed, record } = violation as HistoryViolation
      expect(witness.call.name).toBe('read')
      expect(record).toBeGreaterThan(0)
      expect(observed).toContain(`(operation ${witness.call.id} by ${witness.call.process})`)
      expect(witness.conflict.length).toBeLessThan(8)
    }
  })

  it('finds quorums that do not overlap neither linearizable nor sequentially consistent', async () => {
    for (const { verdict } of await judged(check, { r: 1, w: 1 })) expect(verdict).toBe('violated')
    const weak = await judged(sequential({ model: 'register', by: 'key' }), { r: 1, w: 1 })
    expect(weak.filter(({ verdict }) => verdict === 'held')).toEqual([])
  })
})

function judge(check: Check, ...list: readonly Partial<Operation>[]): CheckResult {
  const operations = list.map((given, index): Operation => {
    const record = index * 2 + 1
    const base = { id: index + 1, node: 'n', name: 'read', input: undefined, invoked: record, record }
    return { ...base, status: 'ok', completed: record + 1, endRecord: record + 1, ...given }
  })
  const world = { operations } as unknown as World
  return check
    .begin({ world, faultsEnd: 0, randomFaults: false, at: () => undefined, stop: () => undefined })
    .finish()
}

describe('reading a history', () => {
  it('takes plain inputs and outputs, and those with a field value', () => {
    const check = linearizable({ model: 'register', by: 'key' })
    const write = { name: 'write', input: { key: 'x', value: 3 }, output: { version: 1 } }
    expect(judge(check, write, { input: { key: 'x' }, output: { version: 1, value: 3 } }).verdict).toBe(
      'held',
    )
    expect(judge(check, write, { input: { key: 'x' }, output: 3 }).verdict).toBe('held')
    expect(judge(check, write, { input: { key: 'x' }, output: 4 }).verdict).toBe('violated')
  })

  it('leaves out what failed, and keeps what is unknown or open', () => {
    const check = linearizable({ model: 'register' })
    const read = { output: 3 }
    expect(judge(check, { name: 'write', input: 3, status: 'fail', reason: 'full' }, read).verdict).toBe(
      'violated',
    )
    expect(judge(check, { name: 'write', input: 3, status: 'unknown' }, read).verdict).toBe('held')
    expect(judge(check, { name: 'write', input: 3, status: 'open' }, read).verdict).toBe('held')
  })

  it('takes a reading of the scenario', () => {
    const check = linearizable({
      model: models.casRegister({ initial: 0 }),
      only: ['swap', 'look'],
      as: ({ name, input, output, status, reason }) =>
        name === 'look'
          ? { name: 'read', output }
          : {
              name: 'cas',
              input,
              output: status !== 'fail',
              known: status === 'ok' || reason === 'mismatch',
            },
    })
    const other = { name: 'ping' }
    expect(judge(check, other, { name: 'swap', input: [0, 1] }, { name: 'look', output: 1 }).verdict).toBe(
      'held',
    )
    const refused = { name: 'swap', input: [0, 1], status: 'fail', reason: 'mismatch' } as const
    expect(judge(check, refused).verdict).toBe('violated')
    expect(judge(check, { ...refused, reason: 'unreachable' }).verdict).toBe('held')
  })

  it('refuses operations and inputs that the model does not take', () => {
    expect(() => judge(linearizable({ model: 'register' }), { name: 'raed' })).toThrow(
      "operation 1 by n: unknown operation of a register 'raed'; expected one of read, get, write, put; did you mean 'read'?",
    )
    expect(() => judge(linearizable({ model: 'cas-register' }), { name: 'cas', input: 3 })).toThrow(
      'expected a pair of the value expected and the new one',
    )
    expect(() => judge(linearizable({ model: 'register', by: 'key' }), { input: 3 })).toThrow(
      "expected an object with a field 'key'",
    )
    expect(() => linearizable({ model: 'regster' as 'register' })).toThrow("did you mean 'register'?")
  })

  it('judges by a model of its own', () => {
    const ticket: Model<number> = {
      name: 'ticket dispenser',
      operations: ['draw'],
      initial: 1,
      step: (next, { output, known }) => (!known || output === next ? next + 1 : undefined),
    }
    const check = linearizable({ model: ticket })
    const draw = (output: number): Partial<Operation> => ({ name: 'draw', output })
    expect(judge(check, draw(1), draw(2)).verdict).toBe('held')
    expect(judge(check, draw(1), { name: 'draw', status: 'unknown' }, draw(3)).verdict).toBe('held')
    expect(judge(check, draw(1), draw(1)).verdict).toBe('violated')
  })

  it('ends undecided with what the budget ran out of', () => {
    const check = linearizable({ model: 'register', budget: { steps: 1 } })
    expect(judge(check, { name: 'write', input: 1 }, { output: 1 })).toEqual({
      name: 'linearizable (register)',
      verdict: 'undecided',
      observations: 1,
      detail: 'the budget of steps ended after 1 step',
    })
  })
})
