/** Scenarios before they are run: what they show, what can be set, what to expect. */
import type { ChalkInstance } from 'chalk'
import { describeParam } from '../sim/scenario/params.ts'
import type { Scenario } from '../sim/scenario/scenario.ts'
import { exampleCommand } from './invocation.ts'
import { paragraphs, wrap } from './text.ts'

/** All scenarios, a few lines each. */
export function scenarioList(scenarios: readonly Scenario[], program: string, paint: ChalkInstance): string {
  const blocks = scenarios.map((scenario) => {
    const { name, summary, params, examples } = scenario
    const settings = Object.entries(params).map(([param, spec]) => `${param}=${String(spec.default)}`)
    return [
      paint.bold(name),
      ...wrap(summary, '  '),
      ...(settings.length === 0 ? [] : wrap(settings.join('  '), '    ').map((line) => paint.dim(line))),
      ...examples.map(
        (example) =>
          `    ${paint.cyan(exampleCommand(`${program} run ${name}`, example))}  ${example.expect}`,
      ),
    ].join('\n')
  })
  return `${[...blocks, `'${program} list <scenario>' shows one in full.`].join('\n\n')}\n`
}

/** One scenario in full. `run` is the command that runs it. */
export function scenarioPage(scenario: Scenario, run: string, paint: ChalkInstance): string {
  const { name, summary, teaches, params, examples, until } = scenario
  const sections: (readonly string[])[] = [[paint.bold(name), ...wrap(summary, '')]]
  if (teaches !== undefined) sections.push(paragraphs(teaches, ''))
  const settings = Object.entries(params)
  if (settings.length > 0) {
    const width = Math.max(...settings.map(([param]) => param.length))
    sections.push([
      'parameters',
      ...settings.flatMap(([param, spec]) => {
        const about = spec.about === undefined ? '' : `${spec.about}; `
        const indent = ' '.repeat(width + 4)
        const text = wrap(`${about}${describeParam(spec)} (default ${String(spec.default)})`, indent)
        return text.map((line, index) =>
          index === 0 ? `  ${param.padEnd(width)}${line.slice(width + 2)}` : line,
        )
      }),
    ])
  }
  if (typeof until !== 'function')
    sections.push([`ends after ${String(until)}${typeof until === 'number' ? 'ms' : ''}`])
  if (examples.length > 0) {
    sections.push([
      'examples',
      ...examples.flatMap((example) => {
        const about = example.about === undefined ? '' : `: ${example.about}`
        return [
          `  ${paint.cyan(exampleCommand(run, example))}`,
          ...wrap(`${example.expect}${about}`, '      '),
        ]
      }),
    ])
  }
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`
}
