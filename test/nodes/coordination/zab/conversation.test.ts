// What three servers say to each other when they start, and when their leader crashes, as golden text.
import { expect, test } from 'vitest'

import type { TraceRecord } from '../../../../index.ts'
import { runZab } from './cluster.ts'

interface Message {
  readonly type: string
}

/** Pings say the same all the time; what comes with them is told by the rest. */
function lineOf({ t, node, kind, to, type, data }: TraceRecord): string[] {
  const at = `${(t / 1000).toFixed(3).padStart(9)}  ${node ?? ''}`
  if (kind === 'send' && type === 'zabNotification') return [`${at} -> ${to ?? ''}: ${JSON.stringify(data)}`]
  if (kind === 'stream' && type === 'send') {
    const { connection, value } = data as { readonly connection: string; readonly value: readonly Message[] }
    const said = value.filter((message) => message.type !== 'ping').map((message) => JSON.stringify(message))
    return said.length === 0 ? [] : [`${at} on ${connection}: ${said.join(' ')}`]
  }
  if (kind === 'role' || kind === 'crash' || kind === 'start') return [`${at} ${kind} ${type ?? ''}`]
  return []
}

test('three servers start and elect a leader; it crashes, another leads; it comes back and follows', async () => {
  const { result, monitor } = await runZab({
    servers: 3,
    clients: 0,
    until: 5000,
    plan: [{ at: '2s', kind: 'crash', node: 'role:leader', for: '1s' }],
    run: { records: true },
  })
  expect(monitor.leaders.map(({ epoch }) => epoch)).toEqual([1, 2])
  const lines = [...result.trace!.records()].flatMap(lineOf)
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/start-and-leader-crash.txt')
})

test('a leader proposes, followers acknowledge, a majority commits, an observer is informed', async () => {
  const { result, monitor } = await runZab({
    observers: 1,
    clients: 1,
    until: 450,
    run: { records: true },
  })
  expect(monitor.acknowledged.length).toBeGreaterThan(1)
  const lines = [...result.trace!.records()].filter(({ type }) => type !== 'zabNotification').flatMap(lineOf)
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('golden/broadcast.txt')
})
