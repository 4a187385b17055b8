// Compiles heap.c into a temporary folder and runs it; without gcc there is no such yardstick.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Outcome } from '../benchmark.ts'
import { MEAN, SEED, TABLE } from '../hold-model.ts'
import type { HoldInput } from '../hold-model.ts'

/** The source stands in the repository, whether this file runs from there or from dist/. */
function source(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return join(folder, 'bench', 'yardstick', 'heap.c')
}

/** The hold model over the C binary heap, `gcc -O2`; undefined where there is no gcc. */
export function nativeHeap(input: HoldInput): Outcome | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'orrery-bench-'))
  try {
    const program = join(folder, 'heap')
    const compiled = spawnSync('gcc', ['-O2', '-o', program, source(), '-lm'], { encoding: 'utf8' })
    if (compiled.error !== undefined) return undefined
    if (compiled.status !== 0) throw new Error(`gcc cannot compile the yardstick:\n${compiled.stderr}`)
    const given = [input.pending, input.warmUp, input.operations, MEAN, TABLE, SEED].map(String)
    const ran = spawnSync(program, given, { encoding: 'utf8' })
    if (ran.status !== 0)
      throw new Error(`the C yardstick ended with ${ran.status ?? ran.signal}: ${ran.stderr}`)
    const [ns, hash, peakKb] = ran.stdout.trim().split(' ')
    return {
      operations: input.operations,
      seconds: (Number(ns) * input.operations) / 1e9,
      hash: String(hash),
      // getrusage counts KiB, but bytes on macOS.
      peakRssMb: Number(peakKb) / (process.platform === 'darwin' ? 1024 * 1024 : 1024),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
