/** The files of a new scenario: small, complete, with a failure worth understanding and a test that passes. */

/** File names and contents. `name` is words joined by hyphens. */
export function scenarioFiles(name: string): ReadonlyMap<string, string> {
  return new Map([
    [`${name}.ts`, scenarioSource(name)],
    [`${name}.test.ts`, testSource(name)],
  ])
}

/** What a folder needs that belongs to no project yet. */
export function projectFiles(name: string, version: string): ReadonlyMap<string, string> {
  const manifest = {
    name,
    private: true,
    type: 'module',
    scripts: { start: `orrery run ${name}.ts`, test: 'vitest run' },
    dependencies: { 'orrery-sim': `^${version}` },
    devDependencies: { typescript: '>=5.8', vitest: '^4.1.0' },
  }
  const config = {
    compilerOptions: { target: 'es2022', module: 'nodenext', strict: true, noEmit: true, skipLibCheck: true },
    include: ['*.ts'],
  }
  return new Map([
    ['package.json', `${JSON.stringify(manifest, null, 2)}\n`],
    ['tsconfig.json', `${JSON.stringify(config, null, 2)}\n`],
  ])
}

function scenarioSource(name: string): string {
  return `// Clients ask a counter to add one, and ask again when no answer comes. A lost request does no harm; a lost
// reply makes the client repeat what was already done, and the counter counts it twice.
import { always, defineNode, exponential, integer, number, scenario } from 'orrery-sim'
import type { Address } from 'orrery-sim'

/** One method a message type: the parameter is the message, the result is the reply. */
interface Messages {
  add(message: { readonly amount: number }): number
}

const counter = defineNode<Messages>()({
  kind: 'counter',
  state: () => ({ total: 0 }),
  on: {
    add(node, { amount }) {
      node.state.total += amount
      return node.state.total
    },
  },
})

interface ClientConfig {
  readonly counter: Address<Messages>
  readonly additions: number
}

const client = defineNode<Messages, ClientConfig>()({
  kind: 'client',
  async start(node) {
    const { counter, additions } = node.config
    for (let i = 0; i < additions; i++) {
      let answer = await node.request(counter, 'add', { amount: 1 }, { timeout: '50ms' })
      while (!answer.ok) {
        node.metrics.count('retries')
        answer = await node.request(counter, 'add', { amount: 1 }, { timeout: '50ms' })
      }
      node.metrics.count('acknowledged')
    }
  },
})

export default scenario({
  name: '${name}',
  summary: 'Clients that repeat unanswered requests are counted twice when a reply is lost',
  params: {
    clients: integer({ default: 3, min: 1, about: 'how many clients add' }),
    additions: integer({ default: 10, min: 1, about: 'how often each of them adds one' }),
    loss: number({ default: 0, min: 0, max: 0.9, about: 'share of messages that the network loses' }),
  },
  cluster({ add, addOne, network, params }) {
    const server = addOne(counter)
    add(client, params.clients, { counter: server, additions: params.additions })
    network({ delay: exponential('2ms'), loss: params.loss })
  },
  checks: ({ clients, additions }) => [
    always('the total never exceeds what was asked for', (world) => {
      const [only] = world.nodesOf<{ readonly total: number }>('counter')
      const total = only?.state?.total
      if (total === undefined) return undefined
      const asked = clients * additions
      return total <= asked || \`the total is \${total}, only \${asked} were asked for\`
    }),
  ],
  highlights: ['acknowledged', 'retries'],
  examples: [
    { expect: 'held', about: 'nothing is lost, nothing is repeated' },
    { set: { loss: 0.2 }, expect: 'violated', about: 'a lost reply is counted twice' },
  ],
  until: '10s',
})
`
}

function testSource(name: string): string {
  return `import { testExamples, testScenario } from 'orrery-sim/vitest'
import scenario from './${name}.js'

// Each example has the verdict that it expects.
testExamples(scenario)

// With the default parameters all seeds hold; a failure tells its story and the command that repeats it.
testScenario(scenario, { seeds: 20, source: '${name}.ts' })
`
}
