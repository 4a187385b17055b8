// `npm run bench`: measures all benchmarks, or the named ones, and prints a table, or one JSON document.
// Exit codes: 0 measured (goals missed or not), 1 contenders disagree about the result, 2 a wrong argument.
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.ts'
import { benchmarks } from './list.ts'
import { measure, runChild } from './measure.ts'
import type { Result } from './measure.ts'

const usage = `usage: npm run bench -- [name...] [--json] [--rounds 3] [--scale 1] [--list]`

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
  return rows.map((row) => line(row).trimEnd()).join('\n')
}

const header = ['name', 'per second', 'yardstick', 'ratio', 'goal', 'met', 'peak MB', 'hash', 'others']

function row(result: Result): readonly string[] {
  const ratio = (value: number | null): string => (value === null ? '-' : `${value.toFixed(2)}x`)
  const others = result.yardsticks.filter(({ name }) => name !== result.yardstick)
  return [
    result.name,
    Math.round(result.perSecond).toLocaleString('en'),
    result.yardstick ?? 'not here',
    ratio(result.ratio),
    ratio(result.goal),
    result.met === null ? '-' : result.met ? 'yes' : 'NO',
    result.peakRssMb.toFixed(0) + (result.goalPeakMb === null ? '' : ` (goal ${result.goalPeakMb})`),
    result.agreed ? result.hash : 'DISAGREE',
    others.map((other) => `${other.name} ${ratio(other.ratio)}`).join(', '),
  ]
}

function find(name: string): Benchmark {
  const found = benchmarks.find((benchmark) => benchmark.name === name)
  if (found !== undefined) return found
  return refuse(`no benchmark '${name}'; there are ${benchmarks.map((known) => known.name).join(', ')}`)
}

function refuse(problem: string): never {
  console.error(`${problem}\n${usage}`)
  process.exit(2)
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        rounds: { type: 'string', default: '3' },
        scale: { type: 'string', default: '1' },
        child: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    return refuse((error as Error).message)
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parse()
  const scale = Number(values.scale)
  if (!(scale > 0 && scale <= 1)) refuse(`--scale: ${values.scale} is not in (0, 1]`)
  if (values.child) {
    await runChild(find(positionals[0] ?? ''), Number(positionals[1]), scale)
    return
  }
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds: ${values.rounds} is not a positive integer`)
  const chosen = positionals.length === 0 ? benchmarks : positionals.map(find)
  if (values.list) {
    console.log(table(chosen.map(({ name, what }) => [name, `  ${what}`])))
    return
  }
  const program = fileURLToPath(import.meta.url)
  const results = chosen.map((benchmark) => measure(benchmark, { rounds, scale, program }))
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    os: `${platform()} ${release()}`,
    arch: arch(),
  }
  if (values.json) {
    console.log(JSON.stringify({ machine, node: process.version, rounds, scale, results }, null, 2))
  } else {
    console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.os}, Node ${process.version}`)
    console.log(
      `best of ${rounds} rounds, each contender in a process of its own${scale < 1 ? `, scale ${scale}` : ''}\n`,
    )
    console.log(table([header, ...results.map(row)]))
  }
  if (results.some(({ agreed }) => !agreed)) process.exitCode = 1
}

await main()
