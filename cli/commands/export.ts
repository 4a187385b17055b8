/** `orrery export`: a trace in the format of another tool. */
import { resolve } from 'node:path'
import { exportFormat, EXPORT_FORMATS } from '../../reports/exports/formats.ts'
import { cutOf, openSource } from '../../reports/exports/source.ts'
import { CallerError } from '../../sim/kernel/errors.ts'
import { readTrace } from '../../sim/trace/reader.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { OutputFile } from '../output-file.ts'
import { fileLines } from '../trace-file.ts'

const formats = Object.entries(EXPORT_FORMATS)

export const command: Command = {
  summary: 'Writes a trace in the format of another tool.',
  about:
    'The whole trace is checked first. --from, --to and --nodes cut a part out of it; what is left keeps its record ' +
    'numbers and times.',
  positionals: [{ name: 'trace', about: "a file that 'orrery run --trace' wrote" }],
  options: {
    format: { kind: 'text', about: formats.map(([name, { about }]) => `${name}: ${about}`).join('; ') },
    out: { kind: 'text', letter: 'o', about: 'writes to this file instead of the terminal' },
    from: { kind: 'text', about: 'virtual time at which the part begins, such as 4.9s' },
    to: { kind: 'text', about: 'virtual time at which it ends, included' },
    acks: {
      kind: 'flag',
      about: 'in pictures and sequence diagrams, also the segments of streams that carry nothing',
    },
    nodes: { kind: 'text', about: "only these nodes, such as 'replica[0],client' or 'replica[1..]'" },
  },
  examples: [
    ['run.jsonl --format perfetto -o run.json', 'to open at ui.perfetto.dev'],
    ['run.jsonl --format svg --from 4.9s --to 5.2s -o crash.svg', 'a picture of 300 ms'],
    ['run.jsonl --format mermaid --nodes replica --to 50ms', 'a sequence diagram of the replicas'],
  ],
  run(args, { out }) {
    const name = args.text('format')
    if (name === undefined) {
      throw new CallerError('--format is missing', {
        expected: `one of ${Object.keys(EXPORT_FORMATS).join(', ')}`,
      })
    }
    const format = exportFormat(name)
    const file = args.required('trace')
    const target = args.text('out')
    if (target !== undefined && resolve(target) === resolve(file)) {
      throw new CallerError(`--out: '${target}' is the trace itself`, { expected: 'another file' })
    }
    const source = openSource(() => readTrace(fileLines(file), file))
    const cut = cutOf(source, {
      from: args.text('from'),
      to: args.text('to'),
      nodes: args.text('nodes'),
      acknowledgements: args.flag('acks'),
    })
    const pieces = format.text(source, cut)
    if (target === undefined) {
      // What a format refuses in the middle must not have been printed in part.
      const text = [...pieces].join('')
      out.write(text)
      return Promise.resolve(EXIT.held)
    }
    const output = new OutputFile(target)
    const encoder = new TextEncoder()
    let pending = ''
    const flush = (): void => {
      const bytes = encoder.encode(pending)
      output.write(bytes, bytes.length)
      pending = ''
    }
    for (const piece of pieces) {
      pending += piece
      if (pending.length >= CHUNK) flush()
    }
    flush()
    output.finish()
    out.write(`${name} of ${file} written to ${target}\n`)
    return Promise.resolve(EXIT.held)
  },
}

const CHUNK = 1 << 16
