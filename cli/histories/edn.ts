/**
 * A reader of EDN (github.com/edn-format/edn), the notation of Clojure data, as far as recorded histories need it: every
 * kind of value is read, and what JavaScript has no kind for becomes the nearest: a keyword or symbol is its own text
 * (`:ok`), a list is an array, a character a string, a ratio its text. Tags are read and left out, so that records
 * such as `#jepsen.history.Op{...}` are the maps that they hold.
 */
import { CallerError, show } from '../../sim/kernel/errors.ts'

/** A value together with the line on which it begins, counted from 1. */
export interface EdnForm {
  readonly line: number
  readonly value: unknown
}

/** Values in values in values: deeper is no history. */
const DEPTH = 200

const NUMBER = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?[NM]?$/
const RATIO = /^[+-]?\d+\/\d+$/
const CHARACTERS: Readonly<Record<string, string>> = {
  newline: '\n',
  return: '\r',
  space: ' ',
  tab: '\t',
  formfeed: '\f',
  backspace: '\b',
}
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  b: '\b',
  '"': '"',
  '\\': '\\',
}

export class EdnReader {
  private readonly text: string
  private readonly name: string
  private at = 0
  private line: number
  private depth = 0

  /** `name`: what errors call the text; `line`: the number of its first line. */
  constructor(text: string, name: string, line = 1) {
    this.text = text
    this.name = name
    this.line = line
  }

  /** The next value at the top; undefined at the end. Throws a CallerError naming the line. */
  next(): EdnForm | undefined {
    this.skip()
    if (this.at >= this.text.length) return undefined
    return { line: this.line, value: this.value() }
  }

  /** The elements of the next value, which is a vector or list, one at a time, each with its line. */
  *elements(): Generator<EdnForm, void, undefined> {
    this.skip()
    const close = this.text[this.at] === '(' ? ')' : ']'
    const opened = this.line
    this.at++
    for (;;) {
      if (this.isClosed(close, opened)) return
      yield { line: this.line, value: this.value() }
    }
  }

  /** The character with which the next value begins, or ''. */
  peek(): string {
    this.skip()
    return this.text[this.at] ?? ''
  }

  private value(): unknown {
    return this.nested(() => this.inner())
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > DEPTH) throw this.refuse(`values are nested more than ${DEPTH} deep`)
    const value = read()
    this.depth--
    return value
  }

  private inner(): unknown {
    const { text } = this
    const char = text[this.at] ?? ''
    switch (char) {
      case '"':
        return this.string()
      case '[':
        return this.collection(']')
      case '(':
        return this.collection(')')
      case '{':
        return this.map()
      case '#':
        return this.dispatch()
      case '\\':
        return this.character()
      case ']':
      case ')':
      case '}':
        throw this.refuse(`'${char}' closes nothing`)
      case '':
        throw this.refuse('the text ends where a value should stand')
      default:
        return this.atom()
    }
  }

  private collection(close: string): unknown[] {
    const opened = this.line
    this.at++
    const out: unknown[] = []
    while (!this.isClosed(close, opened)) out.push(this.value())
    return out
  }

  private map(): ReadonlyMap<unknown, unknown> {
    const line = this.line
    const flat = this.collection('}')
    if (flat.length % 2 !== 0) throw this.refuse('a map with a key that has no value', undefined, line)
    const out = new Map<unknown, unknown>()
    for (let i = 0; i < flat.length; i += 2) out.set(flat[i], flat[i + 1])
    return out
  }

  private dispatch(): unknown {
    const after = this.text[this.at + 1]
    if (after === '{') {
      this.at++
      return new Set(this.collection('}'))
    }
    // A tag, or the namespace of a map's keys: what counts is the value behind it.
    this.at++
    const tag = this.token()
    if (tag === '') throw this.refuse(`'#' before ${show(after ?? 'the end')}`)
    if (tag === '#Inf' || tag === '#-Inf' || tag === '#NaN') {
      return tag === '#NaN' ? NaN : tag === '#Inf' ? Infinity : -Infinity
    }
    this.skip()
    return this.value()
  }

  private string(): string {
    const opened = this.line
    let out = ''
    for (let i = this.at + 1; i < this.text.length; i++) {
      const char = this.text[i] as string
      if (char === '"') {
        this.at = i + 1
        return out
      }
      if (char === '\n') this.line++
      if (char !== '\\') {
        out += char
        continue
      }
      const escape = this.text[++i] ?? ''
      const code = escape === 'u' ? /^[\da-fA-F]{4}/.exec(this.text.slice(i + 1, i + 5))?.[0] : undefined
      if (code !== undefined) {
        out += String.fromCharCode(Number.parseInt(code, 16))
        i += 4
      } else if (Object.hasOwn(ESCAPES, escape)) out += ESCAPES[escape] as string
      else throw this.refuse(`unknown escape '\\${escape}' in a string`)
    }
    throw this.refuse('a string that is not closed', undefined, opened)
  }

  private character(): string {
    this.at++
    const first = this.text[this.at] ?? ''
    const token = this.token() || first
    if (token === first) this.at += this.text.startsWith(first, this.at) && /[^\w]/.test(first) ? 1 : 0
    if (token.length === 1) return token
    if (Object.hasOwn(CHARACTERS, token)) return CHARACTERS[token] as string
    const code = /^u([\da-fA-F]{4})$/.exec(token)?.[1]
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16))
    throw this.refuse(`unknown character '\\${token}'`)
  }

  private atom(): unknown {
    const token = this.token()
    if (token === 'nil') return null
    if (token === 'true') return true
    if (token === 'false') return false
    if (NUMBER.test(token)) {
      const digits = token.replace(/[NM]$/, '')
      const number = Number(digits)
      const isWhole = /^[+-]?\d+$/.test(digits)
      return isWhole && !Number.isSafeInteger(number) ? BigInt(digits) : number
    }
    if (RATIO.test(token)) return token
    if (/^[+-]?\d/.test(token) || token === '' || token === ':')
      throw this.refuse(`${show(token)} is no value`)
    return token
  }

  /** Characters up to the next that ends a symbol. */
  private token(): string {
    const rest = /[^\s,;"()[\]{}\\]*/y
    rest.lastIndex = this.at
    const token = rest.exec(this.text)?.[0] ?? ''
    this.at += token.length
    return token
  }

  /** Steps over white space, commas, comments and what `#_` leaves out. */
  private skip(): void {
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at] as string
      if (char === '\n') this.line++
      else if (char === ';') {
        const end = this.text.indexOf('\n', this.at)
        this.at = (end < 0 ? this.text.length : end) - 1
      } else if (char === '#' && this.text[this.at + 1] === '_') {
        this.at += 2
        this.nested(() => {
          this.skip()
          this.value()
        })
        this.at--
      } else if (char !== ',' && !/\s/.test(char) && char !== '\uFEFF') return
    }
  }

  private isClosed(close: string, opened: number): boolean {
    this.skip()
    const char = this.text[this.at]
    if (char === undefined)
      throw this.refuse(`the text ends inside what was opened here; '${close}' is missing`, undefined, opened)
    if (char !== close) return false
    this.at++
    return true
  }

  private refuse(problem: string, expected?: string, line = this.line): CallerError {
    return new CallerError(problem, {
      where: `${this.name}:${line}`,
      ...(expected === undefined ? {} : { expected }),
    })
  }
}
