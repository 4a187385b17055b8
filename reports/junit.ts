/**
 * A sweep as JUnit XML, for what continuous integration shows of it: one test case for each check, one for each way in
 * which the nodes' own code failed. It is written so that both common schemas take it, the stricter one of Ant (all
 * attributes and elements, in this order) and the one of Jenkins. Times are zero, so that equal sweeps give equal bytes.
 */
import type { CheckAcrossRuns, FailureGroup } from '../sim/explore/sweep-tally.ts'
import { signatureText } from '../sim/explore/outcome.ts'
import { rangeText } from '../sim/explore/sweep.ts'
import { formatTime } from '../sim/kernel/time.ts'
import { commandLine, commandLineOf } from './invocation.ts'
import type { SweepSummary } from './sweep.ts'

interface TestCase {
  readonly name: string
  readonly result:
    | { readonly kind: 'passed' }
    | { readonly kind: 'skipped' }
    | {
        readonly kind: 'failure' | 'error'
        readonly type: string
        readonly message: string
        readonly text: string
      }
}

/** The document, ending in a newline. */
export function junitXml(summary: SweepSummary): string {
  const cases = testCases(summary)
  const count = (kind: TestCase['result']['kind']): number =>
    cases.filter(({ result }) => result.kind === kind).length
  const suite = attributes({
    name: summary.scenario,
    package: 'orrery',
    id: 0,
    timestamp: '1970-01-01T00:00:00',
    hostname: 'localhost',
    tests: cases.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
    time: 0,
  })
  const properties = {
    seeds: rangeText(summary.seeds),
    shard: `${summary.shard.index}/${summary.shard.count}`,
    runs: summary.report.runs,
    ...Object.fromEntries(
      Object.entries(summary.params).map(([name, value]) => [`param.${name}`, String(value)]),
    ),
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite${suite}>`,
    '    <properties>',
    ...Object.entries(properties).map(([name, value]) => `      <property${attributes({ name, value })}/>`),
    '    </properties>',
    ...cases.flatMap((one) => caseLines(one, summary.scenario)),
    `    <system-out>${escape(summary.verdict.warnings.join('\n'))}</system-out>`,
    '    <system-err></system-err>',
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testCases(summary: SweepSummary): readonly TestCase[] {
  const { report, invocation } = summary
  return [
    ...report.checks.map((check): TestCase => ({ name: check.name, result: checkResult(check, summary) })),
    ...report.failures
      .filter(({ signature }) => signature.kind !== 'check')
      .map((group): TestCase => ({ name: signatureText(group.signature), result: failed(group, summary) })),
    ...report.lost.map(({ reason, runs, seed }): TestCase => ({
      name: `lost: ${reason}`,
      result: {
        kind: 'error',
        type: 'lost',
        message: `${runs} of ${report.runs} runs: ${reason}`,
        text: commandLine({ ...invocation, seed }),
      },
    })),
  ]
}

function checkResult(check: CheckAcrossRuns, summary: SweepSummary): TestCase['result'] {
  const { report, verdict } = summary
  const group = report.failures.find(
    ({ signature }) => signature.kind === 'check' && signature.subject === check.name,
  )
  if (group !== undefined) return failed(group, summary)
  if (verdict.unreached.includes(check.name)) {
    const message = `none of ${report.runs} runs got there`
    return { kind: 'failure', type: 'sometimes', message, text: message }
  }
  return check.undecided > 0 ? { kind: 'skipped' } : { kind: 'passed' }
}

function failed(
  { signature, runs, cheapest }: FailureGroup,
  { report, invocation }: SweepSummary,
): TestCase['result'] {
  const { seed, events, failure } = cheapest
  const one = { ...invocation, seed }
  const lines = [`cheapest: seed ${seed}, ${events} events`]
  if (failure !== undefined) {
    lines.push(`virtual time: ${formatTime(failure.time)}`)
    if (failure.node !== undefined) lines.push(`node: ${failure.node}`)
    if (failure.expected !== undefined) lines.push(`expected: ${failure.expected}`)
    lines.push(`observed: ${failure.observed}`)
  }
  lines.push(`replay: ${commandLine(one)}`, `shrink: ${commandLineOf('shrink', one)}`)
  return {
    kind: 'failure',
    type: signature.kind,
    message: `${runs} of ${report.runs} runs: ${signatureText(signature)}`,
    text: lines.join('\n'),
  }
}

function caseLines({ name, result }: TestCase, classname: string): readonly string[] {
  const open = `    <testcase${attributes({ name, classname, time: 0 })}`
  switch (result.kind) {
    case 'passed':
      return [`${open}/>`]
    case 'skipped':
      return [`${open}>`, '      <skipped/>', '    </testcase>']
    case 'failure':
    case 'error': {
      const { kind, message, type, text } = result
      return [
        `${open}>`,
        `      <${kind}${attributes({ message, type })}>${escape(text)}</${kind}>`,
        '    </testcase>',
      ]
    }
  }
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(
      ([name, value]) => ` ${name}="${escape(String(value)).replace(/\n/g, '&#10;').replace(/\t/g, '&#9;')}"`,
    )
    .join('')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text as XML 1.0 may hold it: characters that it cannot hold at all become U+FFFD. */
function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character).replace(NOT_XML, '\uFFFD')
}

// Control characters but tab and newline, halves of pairs, and the two that are no characters. A carriage return would be
// read as a newline.
const NOT_XML = new RegExp(
  '[\\u0000-\\u0008\\u000B-\\u001F\\uFFFE\\uFFFF]' +
    '|[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?<![\\uD800-\\uDBFF])[\\uDC00-\\uDFFF]',
  'g',
)
