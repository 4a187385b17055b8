import { expect, test } from 'vitest'
import { runScripts, World } from './fake-server.ts'

test('a session connects, asks, pings when idle, comes back with what it watched, and closes', async () => {
  const world = new World()
  const seen: string[] = []
  await runScripts({
    world,
    scripts: [
      async (session, node) => {
        await session.create('/a', 'one')
        await session.getData('/a', (event) => {
          seen.push(`watch: ${event.type} ${event.state}`)
        })
        await session.exists('/b', () => undefined)
        await node.sleep('4.5s')
        session.dropConnection()
        await node.sleep('3s')
        await session.setData('/a', 'two')
        await session.close()
      },
    ],
    options: {
      onState: (state) => {
        seen.push(`state: ${state}`)
      },
    },
  })
  await expect(`${world.lines.join('\n')}\n`).toMatchFileSnapshot('golden/conversation.txt')
  expect(seen).toEqual([
    'state: SyncConnected',
    'state: Disconnected',
    'watch: None Disconnected',
    'state: SyncConnected',
    'watch: None SyncConnected',
    'watch: NodeDataChanged SyncConnected',
    'state: Closed',
  ])
})
