/**
 * Standard output: collected into large writes, and forgiving when the reader goes away (`| head`): the run goes on
 * to its verdict without being heard.
 */
import { Chalk, supportsColor } from 'chalk'
import type { ChalkInstance } from 'chalk'

const CHUNK = 1 << 15

export class Output {
  private readonly stream: NodeJS.WriteStream
  private pending = ''
  private closed = false
  /** Called once when nobody reads any more. */
  onClosed: () => void = () => undefined

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error
      if (this.closed) return
      this.closed = true
      this.onClosed()
    })
  }

  write(text: string): void {
    this.pending += text
    if (this.pending.length >= CHUNK) this.flush()
  }

  flush(): void {
    const text = this.pending
    this.pending = ''
    if (text !== '' && !this.closed) this.stream.write(text)
  }
}

/** Colours as the reader of `stream` wants them: none when it is no terminal or NO_COLOR is set (no-color.org). */
export function paintFor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): ChalkInstance {
  if ((env.NO_COLOR ?? '') !== '') return new Chalk({ level: 0 })
  const forced = (env.FORCE_COLOR ?? '') !== ''
  if (!stream.isTTY && !forced) return new Chalk({ level: 0 })
  return new Chalk({ level: supportsColor === false ? 0 : supportsColor.level })
}
