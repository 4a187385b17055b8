import { describe, expect, it } from 'vitest'
import { findOffendingImports, governedRooms } from './arrows.ts'
import { readManifest, readSources } from './sources.ts'

const declared = ['chalk', 'yargs']

const offencesOf = (file: string, text: string): readonly string[] =>
  findOffendingImports(new Map([[file, text]]), declared)

describe('import arrows between rooms', () => {
  it('are kept by every source file', () => {
    const manifest = readManifest()
    const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    const sources = readSources(governedRooms, ['index.ts'])
    expect(sources.size).toBeGreaterThan(0)
    expect(findOffendingImports(sources, installed)).toEqual([])
  })
})

describe('the finder of offending imports', () => {
  it.each([
    ['sim imports a sibling room', 'sim/host/a.ts', "import '../../faults/plan.ts'"],
    ['sim imports the public entry', 'sim/host/a.ts', "import '../../index.ts'"],
    ['sim imports the package by name', 'sim/host/a.ts', "import 'orrery-sim'"],
    ['sim imports a package it may not', 'sim/host/a.ts', "import { z } from 'zod'"],
    ['sim imports a Node builtin', 'sim/host/a.ts', "import 'node:fs'"],
    ['sim imports a Node builtin without prefix', 'sim/host/a.ts', "import 'fs/promises'"],
    ['kernel imports trace', 'sim/kernel/a.ts', "import '../trace/record.ts'"],
    ['network imports storage', 'sim/network/a.ts', "import '../storage/disk.ts'"],
    ['storage imports network', 'sim/storage/a.ts', "import '../network/link.ts'"],
    ['host imports checks', 'sim/host/a.ts', "import '../checks/always.ts'"],
    ['checks imports scenario', 'sim/checks/a.ts', "import '../scenario/scenario.ts'"],
    ['a folder unknown to the layers', 'sim/other/a.ts', "import '../kernel/time.ts'"],
    ['an import of a folder unknown to the layers', 'sim/host/a.ts', "import '../other/a.ts'"],
    ['a layer imports the gathering file of sim', 'sim/host/a.ts', "import '../index.ts'"],
    ['faults imports nodes', 'faults/a.ts', "import '../nodes/raft/index.ts'"],
    ['faults imports an undeclared package', 'faults/a.ts', "import 'yaml'"],
    ['nodes imports another layer than host', 'nodes/raft/a.ts', "import '../../sim/network/link.ts'"],
    ['nodes imports a folder whose name begins alike', 'nodes/raft/a.ts', "import '../../sim/hostile/a.ts'"],
    ['nodes imports a package', 'nodes/raft/a.ts', "import 'immer'"],
    ['scenarios imports sim', 'scenarios/a.ts', "import '../sim/kernel/time.ts'"],
    ['scenarios imports nodes by path', 'scenarios/a.ts', "import '../nodes/raft/index.ts'"],
    ['scenarios imports another scenario', 'scenarios/a.ts', "import './b.ts'"],
    ['scenarios imports inside a node kind', 'scenarios/a.ts', "import 'orrery-sim/nodes/raft/log'"],
    ['reports imports faults', 'reports/a.ts', "import '../faults/plan.ts'"],
    ['reports imports a Node builtin', 'reports/a.ts', "import 'node:fs'"],
    ['reports imports a package that is only bundled', 'reports/html/a.ts', "import 'preact'"],
    ['reports imports what runs in a browser', 'reports/html/a.ts', "import './ui/table.tsx'"],
    ['a page imports a Node builtin', 'reports/html/pages/run/a.tsx', "import 'node:fs'"],
    ['the public entry imports cli', 'index.ts', "export * from './cli/main.ts'"],
    ['integrations imports cli', 'integrations/a.ts', "import '../cli/main.ts'"],
    ['integrations imports a Node builtin', 'integrations/platform.ts', "import 'node:fs'"],
    ['index.ts imports the tools of tests', 'index.ts', "import 'vitest'"],
    ['cli imports a development dependency', 'cli/a.ts', "import 'prettier'"],
    ['cli imports tests', 'cli/a.ts', "import '../test/sim/a.ts'"],
    ['a type-only import', 'sim/kernel/a.ts', "import type { A } from '../trace/a.ts'"],
    ['a re-export', 'sim/kernel/a.ts', "export * from '../trace/a.ts'"],
    ['a dynamic import', 'sim/kernel/a.ts', "const a = await import('../trace/a.ts')"],
    ['an import type', 'sim/kernel/a.ts', "type A = import('../trace/a.ts').A"],
    ['a require', 'sim/kernel/a.ts', "const a = require('../trace/a.ts')"],
    ['a computed import in a pure room', 'sim/kernel/a.ts', 'const a = await import(name)'],
  ])('reports: %s', (_title, file, text) => {
    expect(offencesOf(file, text)).toHaveLength(1)
  })

  it('names file, line, target and the arrows', () => {
    expect(offencesOf('sim/network/a.ts', "\n\nimport '../storage/disk.ts'\n")).toEqual([
      'sim/network/a.ts:3: sim/network may not import sim/storage/disk.ts: the arrows are ' +
        'kernel <- trace <- network, storage <- host <- checks <- scenario <- explore',
    ])
  })

  it('reports every offence of a file', () => {
    const text = "import 'node:fs'\nimport '../trace/a.ts'\nimport './time.ts'\n"
    expect(offencesOf('sim/kernel/a.ts', text).map((offence) => offence.split(': ')[0])).toEqual([
      'sim/kernel/a.ts:1',
      'sim/kernel/a.ts:2',
    ])
  })

  it.each([
    ['sim/explore/a.ts', "import '../kernel/time.ts'\nimport '../scenario/a.ts'\nimport './sweep.ts'"],
    ['sim/kernel/a.ts', "import seedrandom from 'seedrandom'"],
    ['sim/trace/a.ts', "import { produce } from 'immer'"],
    ['sim/index.ts', "export * from './kernel/time.ts'\nexport * from './explore/sweep.ts'"],
    ['faults/a.ts', "import { z } from 'zod'\nimport '../sim/host/a.ts'\nimport './plan.ts'"],
    [
      'nodes/raft/a.ts',
      "import '../../sim/host/a.ts'\nimport 'orrery-sim'\nimport './log.ts'\nimport '../x/index.ts'",
    ],
    ['scenarios/a.ts', "import 'orrery-sim'\nimport 'orrery-sim/nodes/raft'"],
    ['reports/a.ts', "import '../sim/trace/a.ts'\nimport chalk from 'chalk'"],
    ['integrations/a.ts', "import '../index.ts'\nimport '../reports/a.ts'"],
    ['integrations/vitest/a.ts', "import 'node:fs'\nimport '../platform.ts'\nimport '../../sim/a.ts'"],
    [
      'cli/a.ts',
      "import 'node:fs'\nimport yargs from 'yargs'\nimport '../integrations/a.ts'\nawait import(file)",
    ],
    ['sim/kernel/b.ts', '// import "../trace/a.ts"\nconst text = "import \'node:fs\'"'],
  ])('accepts what the arrows allow in %s', (file, text) => {
    expect(offencesOf(file, text)).toEqual([])
  })
})
