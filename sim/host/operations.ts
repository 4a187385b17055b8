/** Recording a client's operations: the beginning, the end, and how it ended. */
import type { LocalNode } from './local-node.ts'
import type { Outcome } from './node.ts'
import type { Simulation } from './simulation.ts'

/** Runs one operation and records it. A `run` that throws leaves the operation open and throws on. */
export async function runOperation<T>(
  sim: Simulation,
  node: LocalNode,
  name: string,
  input: unknown,
  run: () => Promise<Outcome<T>> | Outcome<T>,
): Promise<Outcome<T>> {
  const { recorder, kernel, history } = sim
  const kept = recorder.walker.copy(input, `the input of operation ${name}`)
  const record = sim.note('invoke', node.machine.id, name, kept)
  kernel.cause = record
  kernel.drain = true
  const id = history.begin(node.name, name, kept, kernel.now, record)
  const outcome = await run()
  if (!node.alive) return new Promise(() => undefined)
  switch (outcome.type) {
    case 'ok': {
      const output = recorder.walker.copy(outcome.output, `the output of operation ${name}`)
      const end = sim.note('ok', node.machine.id, name, { operation: record, output })
      history.end(id, 'ok', kernel.now, end, { output })
      return outcome
    }
    case 'fail':
    case 'unknown': {
      const { reason } = outcome
      const end = sim.note(outcome.type, node.machine.id, name, { operation: record, reason })
      history.end(id, outcome.type, kernel.now, end, { reason })
      return outcome
    }
  }
}
