/** `orrery list`: the built-in scenarios. */
import { document, scenarioJson } from '../../reports/json.ts'
import { scenarioList, scenarioPage } from '../../reports/catalogue.ts'
import { builtinScenarios } from '../builtin.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { loadScenario } from '../load-scenario.ts'

export const command: Command = {
  summary: 'Shows the built-in scenarios, or one of them (or a file) in full.',
  positionals: [{ name: 'scenario', about: 'a scenario to show in full', optional: true }],
  options: { json: { kind: 'flag', about: 'prints one JSON document' } },
  examples: [
    ['', 'what there is'],
    ['quorum', 'what it teaches, its parameters and examples'],
  ],
  async run(args, { out, paint, program }) {
    const name = args.text('scenario')
    if (name !== undefined) {
      const { scenario, description } = await loadScenario(name)
      if (args.flag('json')) out.write(document(scenarioJson(scenario)))
      else out.write(scenarioPage(scenario, `${program} run ${description.source}`, paint))
      return EXIT.held
    }
    if (args.flag('json')) out.write(document(builtinScenarios.map(scenarioJson)))
    else out.write(scenarioList(builtinScenarios, program, paint))
    return EXIT.held
  },
}
