// Recordings in other words than ours: what comes back is in the words of the recording. Expected answers are a real
// server's; each recording must come back as it is, but for its times.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

import { runTranscript } from '../../../cli/zk/transcript.ts'

type Step = Readonly<Record<string, unknown>>

const fixtures = new URL('../../fixtures/zookeeper/spellings/', import.meta.url)

/** Steps by session, in order; times, numbers and the order between sessions are left out. */
function bySession(steps: readonly Step[]): Record<string, readonly string[]> {
  const out: Record<string, string[]> = {}
  for (const { i: _, tMs: __, ...step } of steps) {
    const name = typeof step.session === 'string' ? step.session : ''
    ;(out[name] ??= []).push(JSON.stringify(step))
  }
  return out
}

async function expectSame(text: string): Promise<void> {
  const ours = await runTranscript(text, 'recording.json')
  const stepsOf = (json: string): readonly Step[] => (JSON.parse(json) as { steps: readonly Step[] }).steps
  expect(bySession(stepsOf(ours))).toEqual(bySession(stepsOf(text)))
}

const recorded = readdirSync(fixtures).filter((name) => name.endsWith('.json'))

describe('a recording in other words', () => {
  it.each(recorded)('comes back in its own: %s', async (name) => {
    await expectSame(readFileSync(new URL(name, fixtures), 'utf8'))
  })

  const opened = (session: string, requestedTimeout = 4000): Step => ({
    session,
    connect: { requestedTimeout },
    result: { negotiatedTimeout: requestedTimeout, session },
  })
  const ended = (session: string): Step => ({ session, connection: 'closed by the server' })
  const dropped = (session: string): Step => ({ session, connection: 'dropped by this client' })
  const created = (session: string, zxid: number, mode = 'persistent'): Step => {
    const ephemeralOwner = mode === 'ephemeral' ? session : null
    const [stat, args] = [statOf(zxid, ephemeralOwner), { path: `/${zxid}`, data: '', mode }]
    return { session, op: 'create', args, result: { path: `/${zxid}`, stat }, zxid }
  }
  const statOf = (zxid: number, ephemeralOwner: string | null): Step => ({
    czxid: zxid,
    mzxid: zxid,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner,
    dataLength: 0,
    numChildren: 0,
    pzxid: zxid,
  })
  const ephemerals = (session: string, ...paths: string[]): Step => ({
    session,
    op: 'getEphemerals',
    args: { prefix: '/' },
    result: { ephemerals: paths },
    zxid: 0,
  })
  const event = (session: string, type: string, path: string): Step => ({
    session,
    event: { type, path, state: 'SyncConnected' },
  })
  const expired = (session: string, step: Step): readonly Step[] => [
    opened('s1'),
    { ...opened(session, 1000), tMs: 20 },
    { ...dropped(session), tMs: 30 },
    { session, ...step, tMs: 2600 },
    { ...ended(session), tMs: 2601 },
    { ...created('s1', 0), tMs: 2620 },
  ]
  const taken = (...steps: Step[]): readonly Step[] => [
    opened('s1'),
    created('s1', 0, 'ephemeral'),
    dropped('s1'),
    ...steps,
    ephemerals('s1', '/0'),
  ]

  it.each<[what: string, steps: readonly Step[]]>([
    [
      'taken up, the answer in the step itself',
      taken({ session: 's1', reconnected: { negotiatedTimeout: 4000, sameSession: true } }),
    ],
    ['taken up, in a word', taken({ session: 's1', reconnected: 'same id and password' })],
    ['taken up, yes', taken({ session: 's1', reconnected: true })],
    [
      'taken up by connect',
      taken({
        session: 's1',
        connect: { requestedTimeout: 4000, sessionId: 's1', password: 'ok' },
        result: { negotiatedTimeout: 4000, session: 's1' },
      }),
    ],
    [
      'a wrong password, then the right one',
      taken(
        {
          session: 's1',
          reconnected: { password: 'wrong (16 zero bytes)' },
          result: { negotiatedTimeout: 0, session: '0x0' },
        },
        ended('s1'),
        { session: 's1', reconnected: { password: 'right' }, result: { session: 's1' } },
      ),
    ],
    [
      'a wrong password by somebody else',
      [
        opened('s1'),
        { session: 'x', connect: { as: 's1', passwordCorrect: false }, error: 'SessionExpired' },
        ended('x'),
        ended('s1'),
      ],
    ],
    [
      'a session that nobody knows',
      [
        opened('s1'),
        { session: 's9', connect: { session: '0x123', password: '00' }, result: { negotiatedTimeout: 0 } },
        ended('s9'),
      ],
    ],
    ['expired, in the step', expired('s3', { reconnected: { negotiatedTimeout: 0, session: null } })],
    ['expired, in a word', expired('s3', { reconnected: 'refused: expired' })],
    ['expired, no', expired('s3', { reconnected: false })],
    [
      'expired, by connect',
      expired('s3', { connect: { requestedTimeout: 1000, sessionId: 's3' }, error: 'SessionExpired' }),
    ],
    [
      'a reply that never came',
      [
        opened('s1'),
        created('s1', 0),
        { session: 's1b', connect: { reattach: 's1' }, result: { negotiatedTimeout: 4000, session: 's1' } },
        ended('s1'),
        { session: 's1', op: 'exists', args: { path: '/0' }, error: 'not sent: connection is closed' },
      ],
    ],
    [
      'setWatches without a zxid: what the session has seen last',
      [
        opened('s1'),
        opened('s2'),
        created('s2', 0),
        { session: 's1', op: 'sync', args: '/0', result: 'OK', zxid: 0 },
        dropped('s1'),
        { session: 's1', reconnected: true },
        { session: 's1', op: 'setWatches', args: { data: ['/0'] }, result: 'OK', zxid: 0 },
        event('s1', 'NodeDeleted', '/0'),
        { session: 's2', op: 'delete', args: { path: '/0' }, result: 'OK', zxid: 1 },
      ],
    ],
    [
      'errors by number',
      [
        opened('s1'),
        { session: 's1', op: 'delete', args: { path: '/a', version: 0 }, error: -101, zxid: 0 },
        {
          session: 's1',
          op: 'delete',
          args: { path: '/a' },
          error: { code: -101, name: 'NoNode' },
          zxid: 1,
        },
        {
          session: 's1',
          op: 'multi',
          args: [{ op: 'check', path: '/a', version: 0 }],
          result: [{ error: -101 }],
          zxid: 2,
        },
      ],
    ],
    [
      'events and ends of connections in other forms',
      [
        opened('s1'),
        { session: 's1', op: 'exists', args: { path: '/0', watch: true }, error: 'NoNode', zxid: -1 },
        { session: 's1', event: { path: '/0', type: 'NodeCreated', state: 'SyncConnected' }, zxid: -1 },
        created('s1', 0),
        { session: 's1', op: 'close', result: 'OK', zxid: 1 },
        { session: 's1', connection: 'server closed the socket', after: 'close' },
      ],
    ],
    ['no steps', []],
    ['a remark, where it stood', [{ note: 'a' }, opened('s1'), { note: 'b' }, created('s1', 0)]],
  ])('comes back in its own: %s', async (_what, steps) => {
    await expectSame(JSON.stringify({ server: { tickTime: 500 }, steps }))
  })

  it('begins with a byte order mark, or not', async () => {
    expect(await runTranscript('\ufeff{"steps":[]}', 'a')).toBe(await runTranscript('{"steps":[]}', 'a'))
  })

  it('does not take over an answer: only its words', async () => {
    const steps = [
      opened('s1'),
      { session: 's1', op: 'exists', args: { path: '/a' }, error: -110, zxid: 7 },
      { session: 's1', op: 'exists', args: { path: '/' }, error: 'closed', zxid: 7 },
      { session: 's1', op: 'getChildren', args: { path: '/' }, result: { children: ['b'] }, zxid: 7 },
      { session: 's1', reconnected: { negotiatedTimeout: 9, sameSession: false } },
      { session: 's1', reconnected: 'refused' },
    ]
    const ours = JSON.parse(await runTranscript(JSON.stringify({ steps }), 'a')) as { steps: readonly Step[] }
    const [, missing, root, children, ...again] = ours.steps.filter(
      ({ connection }) => connection === undefined,
    )
    expect(missing).toMatchObject({ error: -101, zxid: -1 })
    expect(root).toHaveProperty('result.stat.numChildren', 1)
    expect(children).toHaveProperty('result.children', ['zookeeper'])
    expect(again).toMatchObject([
      { reconnected: { negotiatedTimeout: 4000, sameSession: true } },
      { reconnected: 'refused', result: { negotiatedTimeout: 4000, session: 's1' } },
    ])
  })
})
