/** What all pages are built of: masthead, sections, verdicts, commands to copy. */
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import './theme.css'

export interface PageShellProps {
  readonly title: ComponentChildren
  readonly summary?: string
  /** Links to sections: id and words. */
  readonly contents: readonly (readonly [string, string])[]
  readonly children: ComponentChildren
}

/** The frame of a page. */
export function PageShell({ title, summary, contents, children }: PageShellProps) {
  return (
    <div class="page">
      <header class="masthead">
        <h1>{title}</h1>
        <div class="tools screen-only">
          <ThemeSwitch />
        </div>
        {summary === undefined || summary === '' ? null : <p class="summary">{summary}</p>}
      </header>
      <nav class="contents" aria-label="Sections">
        {contents.map(([id, words]) => (
          <button
            key={id}
            type="button"
            class="plain"
            onClick={() => document.getElementById(id)?.scrollIntoView({ block: 'start' })}
          >
            {words}
          </button>
        ))}
      </nav>
      <main>{children}</main>
    </div>
  )
}

export interface SectionProps {
  readonly id: string
  readonly title: ComponentChildren
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}

export function Section({ id, title, aside, children }: SectionProps) {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        {aside === undefined ? null : <span class="aside">{aside}</span>}
      </header>
      {children}
    </section>
  )
}

export type Verdict = 'held' | 'violated' | 'undecided'

const SIGNS: Readonly<Record<Verdict, string>> = { held: '✓', violated: '✕', undecided: '?' }

/** A verdict as a sign and a word. */
export function VerdictBadge({ verdict }: { readonly verdict: Verdict }) {
  return (
    <span class={`badge ${verdict}`}>
      <span aria-hidden="true">{SIGNS[verdict]} </span>
      {verdict}
    </span>
  )
}

/** A command line with a button that copies it. */
export function Command({ about, command }: { readonly about?: string; readonly command: string }) {
  const [said, say] = useState('')
  const copy = async (): Promise<void> => {
    say((await copyText(command)) ? 'copied' : 'select it and copy')
    setTimeout(() => say(''), 2500)
  }
  return (
    <div class="command">
      {about === undefined ? null : <span class="about">{about}</span>}
      <code>{command}</code>
      <button type="button" class="screen-only" onClick={() => void copy()} aria-label={`Copy: ${command}`}>
        {said === '' ? 'Copy' : said}
      </button>
      <span class="hidden" role="status">
        {said}
      </span>
    </div>
  )
}

/** A page from disk may not be allowed to use the clipboard directly; the old way works there. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way where the new one is refused
    const copied = document.execCommand('copy')
    area.remove()
    return copied
  }
}

type Theme = 'light' | 'dark'

/** The theme in use, and how it is changed: first as the system has it. */
function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(() =>
    matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
  )
  const other: Theme = theme === 'dark' ? 'light' : 'dark'
  return (
    <button
      type="button"
      onClick={() => {
        document.documentElement.dataset.theme = other
        setTheme(other)
        dispatchEvent(new Event(THEME_CHANGED))
      }}
    >
      {other === 'dark' ? '☾ Dark' : '☀ Light'}
    </button>
  )
}

const THEME_CHANGED = 'orrery-theme'

// Paper is light, whatever the screen is; canvases hear of it before they are printed.
let onScreen: string | undefined
addEventListener('beforeprint', () => {
  onScreen = document.documentElement.dataset.theme
  document.documentElement.dataset.theme = 'light'
  dispatchEvent(new Event(THEME_CHANGED))
})
addEventListener('afterprint', () => {
  if (onScreen === undefined) delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = onScreen
  dispatchEvent(new Event(THEME_CHANGED))
})

/** Calls back when colours have changed, for what is drawn on a canvas. */
export function onThemeChange(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  addEventListener(THEME_CHANGED, changed)
  system.addEventListener('change', changed)
  return () => {
    removeEventListener(THEME_CHANGED, changed)
    system.removeEventListener('change', changed)
  }
}

/** A number that goes up when colours have changed. */
export function useThemeVersion(): number {
  const [version, setVersion] = useState(0)
  useEffect(() => onThemeChange(() => setVersion((one) => one + 1)), [])
  return version
}

let probe: HTMLElement | undefined

/** A colour of the theme, such as `--ink`, as canvases take it. */
export function themeColour(name: string): string {
  if (probe === undefined) {
    probe = document.createElement('span')
    probe.className = 'hidden'
    document.body.append(probe)
  }
  probe.style.color = `var(${name})`
  return getComputedStyle(probe).color
}
