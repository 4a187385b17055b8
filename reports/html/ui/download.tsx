/** A link that saves text as a file, made in the page: nothing is fetched. */
import { useEffect, useMemo } from 'preact/hooks'

export interface DownloadProps {
  readonly name: string
  readonly type: string
  readonly text: string
  readonly children: string
}

export function Download({ name, type, text, children }: DownloadProps) {
  const address = useMemo(() => URL.createObjectURL(new Blob([text], { type })), [text, type])
  useEffect(() => () => URL.revokeObjectURL(address), [address])
  return (
    <a class="screen-only" href={address} download={name}>
      {children}
    </a>
  )
}
