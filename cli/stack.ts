/**
 * Whose code an error comes from. Stacks are read for the frames of users' files (and of built-in scenarios and
 * nodes); frames of the simulator, of Node.js and of the program that runs it tell users nothing.
 */
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CallerError } from '../sim/kernel/errors.ts'

export interface Frame {
  /** Relative to the current folder, unless it lies outside of it. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** Name of the function, if it has one. */
  readonly code: string
  /** Whether it belongs to the simulator itself. */
  readonly own: boolean
}

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/dist[\\/]$/, '')
const OWN = /^(dist[\\/])?((sim|faults|integrations|reports|cli)[\\/]|index\.[jt]s$)/
const FRAME = /^\s+at (?:(.*?) \()?((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*):(\d+):(\d+)\)?$/

/** The frames of a stack that lie in files, innermost first. */
export function framesOf(stack: string | undefined): readonly Frame[] {
  const frames: Frame[] = []
  for (const text of (stack ?? '').split('\n')) {
    const match = FRAME.exec(text)
    if (match === null) continue
    const [, code = '', where = '', line, column] = match
    const path = where.startsWith('file://') ? fileURLToPath(where) : where
    const own = path.startsWith(ROOT) && OWN.test(path.slice(ROOT.length))
    frames.push({ file: shortPath(path), line: Number(line), column: Number(column), code, own })
  }
  return frames
}

/** A path as people write it: relative if it lies in the current folder, with slashes. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return (short === '' || short.startsWith('..') ? path : short).split(sep).join('/')
}

const SHOWN = 5

/** A stack cut down to the frames that a user can do something about, innermost first. */
export function userStack(stack: string | undefined): readonly string[] {
  return framesOf(stack)
    .filter((frame) => !frame.own)
    .slice(0, SHOWN)
    .map(({ code, file, line, column }) => (code === '' ? '' : `${code} `) + `${file}:${line}:${column}`)
}

/**
 * An error that left the code of a scenario, told as its author's mistake: a CallerError keeps its text, and anything
 * thrown from a user's own line becomes one; both name that line. Errors thrown by the simulator stay what they are.
 */
export function blame(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const frames = framesOf(error.stack)
  const index = frames.findIndex((frame) => !frame.own && !isBuiltin(frame))
  const frame = frames[index]
  if (frame === undefined) return error
  const where = `${frame.file}:${frame.line}:${frame.column}`
  if (error instanceof CallerError) return new CallerError(`${where}: ${error.message}`)
  if (index !== 0 || error.name === 'InvariantError') return error
  return new CallerError(`${where}: ${error.name}: ${error.message}`)
}

/** Code that comes with the program: its mistakes are not the caller's. */
function isBuiltin({ file }: Frame): boolean {
  return /(^|\/)dist\/(nodes|scenarios)\//.test(file)
}
