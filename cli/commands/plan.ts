/** `orrery plan`: the random faults of a seed, as a plan file. */
import { Document } from 'yaml'
import { commandLine } from '../../reports/invocation.ts'
import { document } from '../../reports/json.ts'
import { CallerError } from '../../sim/kernel/errors.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { loadScenario } from '../load-scenario.ts'
import { OutputFile } from '../output-file.ts'
import { invocationOf, makeSpec, readGiven, specOptions } from '../run-spec.ts'

const { seed, set, until, swarm, mix } = specOptions

export const command: Command = {
  summary: 'Prints the random faults of a seed, as a plan that can be edited and run.',
  about:
    "The plan is the one that 'orrery run --random-faults' makes of the same seed. It does not depend on anything else: " +
    'printing it twice gives the same bytes.',
  positionals: [{ name: 'scenario', about: "a built-in scenario's name or a TypeScript or JavaScript file" }],
  options: {
    seed,
    set,
    until,
    swarm,
    mix,
    out: { kind: 'text', about: 'writes the plan to this file instead of printing it' },
    yaml: { kind: 'flag', about: 'prints YAML (the default)' },
    json: { kind: 'flag', about: 'prints JSON' },
  },
  examples: [
    ['quorum --seed 7', 'what goes wrong with seed 7'],
    ['quorum --seed 7 --swarm', 'the same seed, with some kinds of faults only'],
    ['quorum --seed 7 --out faults.yaml', "keep it, for 'orrery run quorum --plan faults.yaml'"],
    ['quorum --mix faults-like.yaml', 'other kinds, rates and targets'],
  ],
  async run(args, context) {
    const json = args.flag('json')
    if (json && args.flag('yaml')) {
      throw new CallerError('--json and --yaml exclude each other', { expected: 'one kind of output' })
    }
    const read = await readGiven(args)
    const given = { ...read, random: read.random ?? { swarm: false } }
    const { scenario, description } = await loadScenario(args.required('scenario'))
    const { plan } = makeSpec(scenario, given)
    const run = commandLine(invocationOf(description.source, given, context.program))
    const text = json ? document(plan) : yaml(plan, ` ${faultCount(plan.length)}, as drawn by: ${run}`)
    const out = args.text('out')
    if (out === undefined) context.out.write(text)
    else {
      const file = new OutputFile(out)
      const bytes = new TextEncoder().encode(text)
      file.write(bytes, bytes.length)
      file.finish()
    }
    return EXIT.held
  },
}

/** One fault a line. */
function yaml(plan: readonly object[], comment: string): string {
  const made = new Document(plan.map((fault) => ({ ...fault })))
  made.commentBefore = comment
  const { contents } = made
  if (contents !== null && 'items' in contents) {
    for (const item of contents.items as { flow?: boolean }[]) item.flow = true
  }
  return made.toString({ lineWidth: 0, flowCollectionPadding: true, singleQuote: true })
}

function faultCount(count: number): string {
  return count === 1 ? '1 fault' : `${count} faults`
}
