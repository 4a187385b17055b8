/** The progress of a sweep on stderr, where somebody watches; nothing elsewhere. */
import type { SingleBar } from 'cli-progress'

export interface Progress {
  update(runs: number, failures: number): void
  /** Takes it away. */
  stop(): void
}

const NONE: Progress = { update: () => undefined, stop: () => undefined }

/** @param total runs to be made; Infinity where only time ends the sweep */
export async function startProgress(total: number, made: number): Promise<Progress> {
  const { stderr } = process
  if (!stderr.isTTY) return NONE
  const { SingleBar: Bar, Presets } = (await import('cli-progress')).default
  const counts = total === Infinity ? '{value} runs' : '{bar} {value}/{total} runs'
  const bar: SingleBar = new Bar(
    {
      format: `${counts}, {rate}/s, {failures}`,
      stream: stderr,
      barsize: 30,
      clearOnComplete: true,
      hideCursor: true,
      etaBuffer: 100,
    },
    Presets.shades_classic,
  )
  const payload = (rate: number, failures: number): object => ({
    rate: Math.round(rate),
    failures: failures === 0 ? 'no failure so far' : `${failures} failed`,
  })
  const begun = performance.now()
  bar.start(total === Infinity ? Number.MAX_SAFE_INTEGER : total, made, payload(0, 0))
  // Whatever ends the program, the cursor must be back.
  const stop = (): void => bar.stop()
  process.once('exit', stop)
  return {
    update(runs, failures) {
      const seconds = (performance.now() - begun) / 1000
      bar.update(runs, payload((runs - made) / Math.max(seconds, 0.001), failures))
    },
    stop() {
      process.off('exit', stop)
      bar.stop()
    },
  }
}
