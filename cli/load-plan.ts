/**
 * Plan files: YAML or JSON. What may stand in them is the vocabulary's to say; here, places that an error names
 * (`plan[2].groups[0]`) are turned into file, line and column.
 */
import { readFileSync } from 'node:fs'
import { isMap, isNode, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { PlanMode } from '../faults/plan-schema.ts'
import { parsePlanFile } from '../faults/plan-schema.ts'
import type { Plan } from '../sim/host/fault.ts'
import { CallerError, show } from '../sim/kernel/errors.ts'
import { reason } from './output-file.ts'

type PathKey = string | number

export class LoadedPlan {
  /** Whether the faults come on top of the scenario's own, or instead of them (the default). */
  readonly mode: PlanMode
  readonly plan: Plan
  private readonly name: string
  private readonly document: Document
  private readonly counter = new LineCounter()

  /** @param name what error messages call the file */
  constructor(name: string, text: string) {
    this.name = name
    this.document = parseDocument(text, { lineCounter: this.counter, prettyErrors: false })
    const [problem] = this.document.errors
    if (problem !== undefined) throw new CallerError(`${this.place(problem.pos[0])}: ${problem.message}`)
    try {
      const { mode, plan } = parsePlanFile(this.document.toJS())
      this.mode = mode
      this.plan = plan
    } catch (error) {
      throw this.located(error)
    }
  }

  /** An error about `plan[n]` of a run, told as one about this file; `offset` other faults stood before its own. */
  explain(error: unknown, offset: number): unknown {
    if (!(error instanceof CallerError)) return error
    const match = /^plan\[(\d+)\]/.exec(error.message)
    if (match === null || Number(match[1]) < offset) return error
    const root = isMap(this.document.contents) ? 'plan' : ''
    const rest = error.message.slice(match[0].length)
    return this.located(new CallerError(`${root}[${Number(match[1]) - offset}]${rest}`))
  }

  private located(error: unknown): unknown {
    if (!(error instanceof CallerError)) return error
    // The path may stand in the text alone, or be a field of its own.
    const path = error.where ?? /^(?:\w+|\[\d+\])(?:\.[\w-]+|\[\d+\])*(?=: )/.exec(error.message)?.[0] ?? ''
    const keys = [...path.matchAll(/\[(\d+)\]|([\w$-]+)/g)].map(([, at, key]) => key ?? Number(at))
    return new CallerError(`${this.place(this.start(keys))}: ${error.message}`)
  }

  /** Where the deepest part of the path that exists begins. */
  private start(path: readonly PathKey[]): number {
    for (let length = path.length; length > 0; length--) {
      const node: unknown = this.document.getIn(path.slice(0, length), true)
      const start = isNode(node) ? node.range?.[0] : undefined
      if (start !== undefined) return start
    }
    const { contents } = this.document
    return isNode(contents) ? (contents.range?.[0] ?? 0) : 0
  }

  private place(offset: number): string {
    const { line, col } = this.counter.linePos(offset)
    return `${this.name}:${Math.max(line, 1)}:${Math.max(col, 1)}`
  }
}

/** Reads a plan file. Throws a CallerError naming file, line and column of what is wrong. */
export function loadPlan(file: string): LoadedPlan {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new CallerError(`cannot read plan file ${show(file)}: ${reason(error)}`)
  }
  return new LoadedPlan(file, text)
}
