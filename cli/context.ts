/** What a command gets besides its arguments: the terminal, and how the program was called. */
import type { ChalkInstance } from 'chalk'
import type { Output } from './output.ts'

export interface Context {
  readonly out: Output
  /** One line for people, on stderr; only when stderr is a terminal. Never anything a script might need. */
  readonly aside: (text: string) => void
  /** A line on stderr that is always said. */
  readonly warn: (text: string) => void
  /** Colours for stdout; does nothing when they are not wanted there. */
  readonly paint: ChalkInstance
  /** How to call this program again: `orrery`, or `npx orrery`. */
  readonly program: string
  readonly version: string
}
