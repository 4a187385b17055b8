/** What the command's exit code says. */
export const EXIT = {
  /** All checks held; nothing to complain about. */
  held: 0,
  /** A check was violated, a handler threw, a limit was hit; also: `diff` found a difference. */
  violated: 1,
  /** The caller's mistake, said in one line on stderr. */
  mistake: 2,
  /** The same run spec gave another trace. */
  notDeterministic: 3,
  /** No verdict: budget spent, or vacuity under `--strict`. */
  undecided: 4,
  /** A bug of the simulator. */
  bug: 70,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
