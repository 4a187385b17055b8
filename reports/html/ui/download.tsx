/** A link that saves text as a file, made in the page: nothing is fetched. */
import { useEffect, useState } from 'preact/hooks'

export interface DownloadProps {
  readonly name: string
  readonly type: string
  readonly text: string
  readonly children: string
}

export function Download({ name, type, text, children }: DownloadProps) {
  const [address, setAddress] = useState<string | undefined>(undefined)
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([text], { type }))
    setAddress(made)
    return () => URL.revokeObjectURL(made)
  }, [text, type])
  return (
    <a class="screen-only" href={address} download={name}>
      {children}
    </a>
  )
}
