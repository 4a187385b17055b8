import { describe, expect, it } from 'vitest'

import { create, exists, Raw, runRaw } from './raw.ts'

describe('a server that comes back after a crash', () => {
  it.each([
    ['log alone', {}],
    ['snapshots and log', { snapCount: 7 }],
  ])(
    'has every write that was acknowledged: %s, also with half an entry at the end',
    async (_what, config) => {
      let torn = 0
      for (let seed = 1; seed <= 16; seed++) {
        const acknowledged: string[] = []
        const result = await runRaw(
          [
            async (node, server) => {
              const writer = await Raw.open(node, server, { timeout: 10_000 })
              for (let i = 0; i < 40 && !writer.ended; i++) {
                const asked = Array.from({ length: 1 + (i % 3) }, (_, k) => `/n${i}-${k}`)
                const replies = await Promise.race([
                  Promise.all(asked.map((path) => writer.ask(create(path)))),
                  node.sleep(100).then(() => undefined),
                ])
                if (replies === undefined) break
                for (const [k, { error }] of replies.entries())
                  if (error === undefined) acknowledged.push(asked[k]!)
              }
              await node.sleep(3000)
              const reader = await Raw.open(node, server)
              for (const path of acknowledged) expect((await reader.ask(exists(path))).error).toBeUndefined()
              const last = await reader.ask(create('/last'))
              expect(last.error).toBeUndefined()
            },
          ],
          config,
          [
            { at: 0, kind: 'disk-slow', node: 'coordination', factor: 3 },
            { at: 40 + 3 * seed, kind: 'crash', node: 'coordination', for: '1s', torn: true },
          ],
          seed,
        )
        expect(acknowledged.length).toBeGreaterThan(0)
        for (const { type, data } of result.trace?.records() ?? []) {
          if (type === 'lost' && (data as { tornFiles: readonly string[] }).tornFiles.length > 0) torn++
        }
      }
      expect(torn).toBeGreaterThan(0)
    },
  )
})
