// Live runs: driven step by step, with what is done from outside recorded like everything else.
import { describe, expect, test } from 'vitest'
import type { Address, LiveOptions, LiveRun, Node } from '../../../index.ts'
import { CallerError, defineNode, live, LiveFailure, scenario } from '../../../index.ts'

interface Messages {
  echo(text: string): string
}

interface State {
  readonly heard: string[]
  beats: number
}

interface Config {
  readonly peers: readonly Address<Messages>[]
}

const echo = defineNode<Messages, Config>()({
  kind: 'echo',
  state: (): State => ({ heard: [], beats: 0 }),
  start(node) {
    node.every('1s', () => {
      node.state.beats++
    })
  },
  on: {
    echo(node, text) {
      node.state.heard.push(text)
      return `${text}!`
    },
  },
})

function opened(options: LiveOptions = {}): LiveRun {
  return live(
    scenario({
      name: 'echoes',
      summary: 'nodes that answer',
      cluster({ add, network }) {
        add(echo, 3, (_index, peers) => ({ peers }))
        network({ delay: '5ms' })
      },
      checks: [],
      until: '1s',
    }),
    options,
  )
}

const stateOf = (run: LiveRun, index: number): State =>
  run.world.nodesOf<State>('echo')[index]?.state as State

/** Asks the second node and gives what it answers. */
const ask =
  (text: string) =>
  async (node: Node): Promise<string> => {
    const { peers } = node.config as Config
    const answer = await node.request(peers[1] as Address<Messages>, 'echo', text, { timeout: '500ms' })
    return answer.ok ? answer.reply : answer.reason
  }

describe('a live run', () => {
  test('goes on by as much virtual time as it is told, and no further', async () => {
    const run = opened()
    expect([run.now, stateOf(run, 0)]).toEqual([0, undefined])
    await run.advance('2500ms')
    expect([run.now, stateOf(run, 0).beats]).toEqual([2500, 2])
    await run.advance('500ms')
    expect([run.now, stateOf(run, 0).beats]).toEqual([3000, 3])
  })

  test('stops at the event after which a condition holds, or when time is up', async () => {
    const run = opened()
    expect(await run.runUntil(() => stateOf(run, 2)?.beats === 3, '10s')).toBe(true)
    expect(run.now).toBe(3000)
    expect(await run.runUntil(() => stateOf(run, 2).beats === 99, '10s')).toBe(false)
    expect(run.now).toBe(13_000)
    await run.advance('1s')
    expect([run.now, stateOf(run, 2).beats]).toEqual([14_000, 14])
  })

  test('has nodes do what somebody asks of them, and tells what came of it', async () => {
    const run = opened()
    await run.advance('10ms')
    expect(await run.perform('echo[0]', ask('hello'))).toEqual({ status: 'done', value: 'hello!' })
    expect([run.now, stateOf(run, 1).heard]).toEqual([20, ['hello']])
    expect(await run.perform('echo[0]', (node) => node.name)).toEqual({ status: 'done', value: 'echo[0]' })
    expect(run.now).toBe(20)
  })

  test('does what is asked of a paused node when that goes on, and nothing on one that is down', async () => {
    const run = opened()
    await run.advance('10ms')
    await run.fault({ kind: 'pause', node: 'echo[0]', for: '2s' })
    const later = run.begin('echo[0]', (node) => node.clock.monotonic())
    await run.advance('1s')
    expect(later.state).toEqual({ status: 'pending' })
    await run.advance('2s')
    expect(later.state).toEqual({ status: 'done', value: 2010 })
    await run.fault({ kind: 'crash', node: 'echo[0]' })
    expect(await run.perform('echo[0]', () => 1)).toEqual({ status: 'lost' })
  })

  test('lets go of what a node was doing when it goes down', async () => {
    const run = opened()
    await run.advance('10ms')
    const asked = run.begin('echo[0]', async (node) => {
      await node.sleep('5s')
    })
    await run.advance('1s')
    await run.fault({ kind: 'crash', node: 'echo[0]', for: '1s' })
    await run.advance('10s')
    expect(asked.state).toEqual({ status: 'lost' })
    expect(stateOf(run, 0).beats).toBe(9)
  })

  test('takes faults of the vocabulary, says what they touched, and undoes them in time', async () => {
    const run = opened()
    await run.advance('10ms')
    const cut = { kind: 'partition', groups: [['echo[0]'], ['echo[1]']], for: '3s' } as const
    expect((await run.fault(cut)).length).toBeGreaterThan(0)
    expect(await run.perform('echo[0]', ask('lost'))).toEqual({ status: 'done', value: 'timeout' })
    await run.advance('3s')
    expect(await run.perform('echo[0]', ask('found'))).toEqual({ status: 'done', value: 'found!' })
    expect(await run.fault({ kind: 'restart', node: 'echo[0]' })).toEqual([])
  })

  test('has one fingerprint for the same calls, however time is cut, and another for others', async () => {
    const drive = async (cuts: readonly number[], text: string, seed = 1): Promise<string> => {
      const run = opened({ seed })
      for (const cut of cuts) await run.advance(cut)
      await run.perform('echo[0]', ask(text))
      await run.fault({ kind: 'crash', node: 'echo[2]' })
      await run.advance('5s')
      return run.fingerprint
    }
    const whole = await drive([3000], 'a')
    expect(await drive([3000], 'a')).toBe(whole)
    expect(await drive([1, 999, 1500, 500], 'a')).toBe(whole)
    expect(await drive([3001], 'a')).not.toBe(whole)
    expect(await drive([3000], 'b')).not.toBe(whole)
  })

  test('fails loudly when code that it was given throws, or waits for something real', async () => {
    const thrown = opened()
    const throwing = thrown.perform('echo[0]', () => {
      throw new Error('no')
    })
    await expect(throwing).rejects.toThrow(LiveFailure)
    await expect(throwing).rejects.toThrow('the run failed at 0s (echo[0], action): Error: no')
    const stuck = opened().perform('echo[0]', () => new Promise(() => undefined))
    await expect(stuck).rejects.toThrow('waits for something outside the simulation')
  })

  test('refuses what makes no sense, by name', async () => {
    const run = opened()
    await expect(run.perform('echo[7]', () => 1)).rejects.toThrow(CallerError)
    await expect(run.fault({ kind: 'crush', node: 'echo[0]' })).rejects.toThrow("'crush'")
    const running = run.advance('1s')
    await expect(run.advance('1s')).rejects.toThrow('driven while it was running')
    await running
  })
})
