/**
 * The log of a Jepsen run (jepsen-io/jepsen): lines such as `INFO  jepsen.util - 3  :invoke  :write  4`, their parts
 * separated by white space. Values are EDN. Lines of other loggers, stack traces and what the nemesis did are left out.
 */
import { CallerError, show } from '../../sim/kernel/errors.ts'
import { EdnReader } from './edn.ts'
import type { HistoryEvent } from './events.ts'
import { eventType } from './events.ts'

const OPERATION = /\bjepsen\.util\s*[-:]?\s+(\S+)\s+(:\S+)\s+(:\S+)(?:\s+(.*?))?\s*$/
const LOGGER = /^\S*.*?\b(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL)\b/
const STACK = /^\s+at |^Caused by:|^\s+\.\.\. \d+ (?:more|common)|^[\w.$]+(?:Exception|Error)\b/

export function* jepsenEvents(
  lines: Iterable<string>,
  file: string,
): Generator<HistoryEvent, void, undefined> {
  let line = 0
  for (const text of lines) {
    line++
    const where = `${file}:${line}`
    if (text.trim() === '') continue
    if (!text.includes('jepsen.util')) {
      if (LOGGER.test(text) || STACK.test(text)) continue
      throw new CallerError(show(text.trim()), { where, expected: EXPECTED })
    }
    const match = OPERATION.exec(text)
    if (match === null) {
      // The logger has other things to say, too; but what begins like an operation must be one.
      if (/jepsen\.util\s*[-:]?\s+(?:\d|:\w)/.test(text) || /\s:(?:invoke|ok|fail|info)\b/.test(text))
        throw new CallerError(show(text.trim()), { where, expected: EXPECTED })
      continue
    }
    const [, process = '', type = '', name = '', value = ''] = match
    if (process.startsWith(':')) continue
    if (!/^\d+$/.test(process)) {
      throw new CallerError(`process ${show(process)}`, {
        where,
        expected: 'a number, or a keyword such as :nemesis',
      })
    }
    const event = { line, process, type: eventType(type, where), name: name.slice(1), object: undefined }
    // A keyword in place of a value says why there is none.
    const isReason = event.type !== 'invoke' && value.startsWith(':')
    if (!isReason) yield { ...event, value: valueOf(value, file, line) }
    else yield { ...event, value: null, failure: /time-?d?-?out/.test(value) ? 'timeout' : 'error' }
  }
}

const EXPECTED = "'INFO jepsen.util - PROCESS :invoke|:ok|:fail|:info :FUNCTION VALUE'"

function valueOf(text: string, file: string, line: number): unknown {
  const reader = new EdnReader(text, file, line)
  const value = reader.next()?.value ?? null
  const rest = reader.next()
  if (rest === undefined) return value
  // Behind a value may stand why it failed, as a keyword or text; anything else is no value.
  if (typeof rest.value === 'string') return value
  throw new CallerError(show(text), { where: `${file}:${line}`, expected: 'one value' })
}
