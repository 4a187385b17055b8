// Messages are values: what is sent is a copy, and so is what arrives.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CallerError, defineNode } from '../../../index.ts'
import type { Address } from '../../../index.ts'
import { ValueWalker } from '../../../sim/trace/value-walker.ts'
import { recordsOf, run, story } from '../support.ts'
import { anyValue, mutate, naiveCopy } from '../values.ts'

interface Messages {
  keep(value: unknown): unknown
}

/** Keeps what it is sent, answers with it, and then changes both. */
const keeper = defineNode<Messages>()({
  kind: 'keeper',
  state: () => ({ kept: [] as unknown[] }),
  on: {
    keep(node, value) {
      node.state.kept.push(naiveCopy(value))
      node.after(0, () => mutate(value))
      return value
    },
  },
})

/** What a sender that changes what it sent, sends and gets back; and what the receiver saw. */
async function exchange(value: unknown): Promise<{ readonly seen: unknown; readonly replied: unknown }> {
  let replied: unknown
  const sender = defineNode<object, { readonly to: readonly Address<Messages>[] }>()({
    kind: 'sender',
    async start(node) {
      const [first, second] = node.config.to as [Address<Messages>, Address<Messages>]
      const own = naiveCopy(value)
      node.send(second, 'keep', own)
      const pending = node.request(first, 'keep', own)
      mutate(own)
      const answer = await pending
      if (!answer.ok) throw new Error(answer.reason)
      replied = naiveCopy(answer.reply)
      mutate(answer.reply)
    },
  })
  const result = await run(
    ({ add, addOne, network }) => {
      addOne(sender, { to: add(keeper, 2) })
      network({ duplication: 1 })
    },
    { inspect: true },
  )
  expect(result.failures).toEqual([])
  const seen = result.states?.at({ time: Infinity })
  return { seen: [seen?.get('keeper[0]'), seen?.get('keeper[1]')], replied }
}

describe('a message', () => {
  it('is a copy: no change on either side shows on the other, nor in a duplicate', async () => {
    await fc.assert(
      fc.asyncProperty(anyValue, async (value) => {
        const { seen, replied } = await exchange(value)
        const kept = { kept: [value, value] }
        expect(seen).toEqual([kept, kept])
        expect(replied).toEqual(value)
      }),
      { seed: 51, numRuns: 60 },
    )
  })

  it('of bytes is a copy of them, also where they are a Node Buffer', async () => {
    const { seen } = await exchange({ bytes: Buffer.from([1, 2, 3]) })
    const kept = { kept: [{ bytes: Uint8Array.of(1, 2, 3) }, { bytes: Uint8Array.of(1, 2, 3) }] }
    expect(seen).toEqual([kept, kept])
  })

  it('may hold addresses, which stay the same and can be sent to', async () => {
    interface Introduce {
      meet(peer: Address<Introduce>): void
    }
    const polite = defineNode<Introduce, { readonly to?: Address<Introduce> }>()({
      kind: 'polite',
      start(node) {
        if (node.config.to !== undefined) node.send(node.config.to, 'meet', node.self)
      },
      on: {
        meet(node, peer) {
          node.role(peer === node.self ? 'met myself' : `met ${peer.name}`)
          if (peer !== node.self) node.send(peer, 'meet', peer)
        },
      },
    })
    const all: Address<Introduce>[] = []
    const result = await run(({ add }) => {
      all.push(...add(polite, 2, (index) => (index === 0 ? { to: all[1] as Address<Introduce> } : {})))
    })
    expect(story(result, 'role')).toEqual(['1 role polite[1] met polite[0]', '2 role polite[0] met myself'])
  })

  it('sees as its sender whoever sent it', async () => {
    const echo = defineNode<{ hello(): string }>()({
      kind: 'echo',
      on: { hello: (_node, _message, from) => from.name },
    })
    const result = await run(({ add, addOne }) => {
      const to = addOne(echo)
      const caller = defineNode()({
        kind: 'caller',
        async start(node) {
          const answer = await node.request(to, 'hello', undefined)
          if (answer.ok) node.role(answer.reply)
        },
      })
      add(caller, 2)
    })
    expect(recordsOf(result, 'role').map(({ node, type }) => [node, type])).toEqual([
      ['caller[0]', 'caller[0]'],
      ['caller[1]', 'caller[1]'],
    ])
  })
})

/** What a node needs to send any value at all. */
interface Sender {
  send(to: Address<Messages>, type: 'keep', value: unknown): void
  request(to: Address<Messages>, type: 'keep', value: unknown): Promise<unknown>
}

describe('what is no value', () => {
  class Account {
    balance = 1
  }
  const cycle: Record<string, unknown> = {}
  cycle.self = { cycle }

  const cases: readonly (readonly [what: string, value: unknown, says: string])[] = [
    ['a function', { run: () => undefined }, 'a function in keep'],
    ['a symbol', [Symbol('x')], 'a symbol in keep'],
    ['an instance of a class', { account: new Account() }, 'an instance of Account in keep'],
    ['a date', new Date(0), 'an instance of Date in keep'],
    ['a promise', { promise: Promise.resolve() }, 'an instance of Promise in keep'],
    ['an error', new Error('x'), 'an instance of Error in keep'],
    ['a cycle', cycle, 'nested deeper than 64 levels (or a cycle) in keep'],
  ]

  for (const [what, value, says] of cases) {
    it(`is refused by name, in messages, requests and replies alike (${what})`, async () => {
      const replying = defineNode<Messages>()({ kind: 'replying', on: { keep: () => value } })
      const ways = {
        send: (node: Sender, to: Address<Messages>) => node.send(to, 'keep', value),
        request: async (node: Sender, to: Address<Messages>) => {
          await node.request(to, 'keep', value)
        },
        reply: async (node: Sender, to: Address<Messages>) => {
          await node.request(to, 'keep', 1)
        },
      }
      for (const [way, go] of Object.entries(ways)) {
        const result = await run(({ addOne }) => {
          const to = addOne(replying)
          addOne(defineNode()({ kind: 'sender', start: (node) => go(node as never, to) }))
        })
        expect(result.failures, way).toHaveLength(1)
        expect(result.failures[0]?.message, way).toContain(says)
        expect(result.failures[0]?.message, way).toContain('CallerError')
        expect(result.failures[0]?.node, way).toBe(way === 'reply' ? 'replying' : 'sender')
      }
    })
  }
})

describe('a datagram', () => {
  const sized = (size: number): Promise<Awaited<ReturnType<typeof run>>> =>
    run(({ addOne }) => {
      const to = addOne(keeper)
      addOne(
        defineNode()({
          kind: 'sender',
          start: (node) => node.send(to, 'keep', new Uint8Array(size)),
        }),
      )
    })

  it('carries at most 65507 bytes', async () => {
    // Two bytes go to the length of the array.
    const largest = await sized(65_505)
    expect(largest.failures).toEqual([])
    expect(recordsOf(largest, 'deliver')).toHaveLength(1)
    const tooLarge = await sized(65_506)
    expect(tooLarge.failures[0]?.message).toContain("a message of type 'keep' takes 65508 bytes")
    expect(tooLarge.failures[0]?.message).toContain('at most 65507 bytes')
  })
})

describe('the hash of a value', () => {
  const hashOf = (value: unknown): string => {
    const walker = new ValueWalker()
    walker.hash(value, 'a test')
    return `${walker.h1} ${walker.h2}`
  }

  it('is the same for equal values and different for others', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        expect(hashOf(naiveCopy(a))).toBe(hashOf(a))
        if (hashOf(a) === hashOf(b)) expect(a).toEqual(b)
      }),
      { seed: 52, numRuns: 500 },
    )
  })

  it('sees where an object ends', () => {
    const values = [
      { a: { b: 1 }, c: 2 },
      { a: { b: 1, c: 2 } },
      { a: { b: { c: 1 } }, d: 2 },
      { a: { b: { c: 1 }, d: 2 } },
      { a: { b: { c: 1, d: 2 } } },
      [{}, { a: 1 }],
      [{ a: {} }, 1],
      { a: {}, b: {} },
      { a: { b: {} } },
      [[1], 2],
      [[1, 2]],
      ['ab', 'c'],
      ['a', 'bc'],
      [new Set([1]), 2],
      [new Set([1, 2])],
      [new Map([[1, 2]]), 3],
      { 1: 2 },
      [1, 2],
      '1',
      1,
      1n,
      Uint8Array.of(1),
      [undefined],
      [null],
      [],
      {},
      new Map(),
      new Set(),
    ]
    expect(new Set(values.map(hashOf)).size).toBe(values.length)
  })

  it('refuses what it cannot copy as a caller mistake', () => {
    expect(() => hashOf({ a: () => undefined })).toThrow(CallerError)
  })
})
