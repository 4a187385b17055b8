// The committed fingerprints: a change of one is a breaking change, to be explained in CHANGELOG.md.
// UPDATE_GOLDEN=1 writes them anew.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

import { builtinScenarios } from '../../cli/builtin.ts'
import { simulate } from '../../index.ts'

const file = fileURLToPath(new URL('../golden/fingerprints.json', import.meta.url))
const seeds = [1, 2, 3, 7, 42]

type Golden = Record<string, Record<string, string>>

it('every built-in scenario has its committed fingerprint at every committed seed', async () => {
  const found: Golden = {}
  for (const scenario of builtinScenarios) {
    const bySeed: Record<string, string> = {}
    for (const seed of seeds) bySeed[seed] = (await simulate(scenario, { seed })).fingerprint
    found[scenario.name] = bySeed
  }
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`)
  expect(existsSync(file), 'UPDATE_GOLDEN=1 writes the file').toBe(true)
  expect(found).toEqual(JSON.parse(readFileSync(file, 'utf8')))
})

it('different seeds give different fingerprints', async () => {
  for (const scenario of builtinScenarios) {
    const prints = new Set<string>()
    for (const seed of seeds) prints.add((await simulate(scenario, { seed })).fingerprint)
    expect([scenario.name, prints.size]).toEqual([scenario.name, seeds.length])
  }
})
