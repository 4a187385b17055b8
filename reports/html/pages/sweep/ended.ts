/** How a run of a sweep ended, in words. */
import type { SweepData } from '../../sweep/data.ts'

const VIOLATED = 3

export function endedText({ run, failures }: SweepData, index: number): string {
  const ended = run.ended[index] ?? 0
  if (ended < VIOLATED) return ['held', 'undecided', 'lost'][ended] ?? ''
  return `violated: ${failures[ended - VIOLATED]?.signature ?? ''}`
}

/** The class of its colour. */
export function endedClass(ended: number): string {
  return ended < VIOLATED
    ? `ended-${['held', 'undecided', 'lost'][ended] ?? ''}`
    : `failure-${(ended - VIOLATED) % 6}`
}
