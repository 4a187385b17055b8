/** Colours of the diagram in the current theme, and a colour for each role. */
import { themeColour } from '../../ui/shell.tsx'

export interface Palette {
  readonly paper: string
  readonly panel: string
  readonly ink: string
  readonly soft: string
  readonly faint: string
  readonly line: string
  readonly grid: string
  readonly accent: string
  readonly good: string
  readonly bad: string
  readonly unsure: string
  readonly blue: string
  readonly orange: string
  readonly green: string
  readonly red: string
  readonly purple: string
  readonly sky: string
  readonly grey: string
}

export function paletteOf(): Palette {
  return {
    paper: themeColour('--paper'),
    panel: themeColour('--panel'),
    ink: themeColour('--ink'),
    soft: themeColour('--soft'),
    faint: themeColour('--faint'),
    line: themeColour('--line'),
    grid: themeColour('--grid'),
    accent: themeColour('--accent'),
    good: themeColour('--good'),
    bad: themeColour('--bad'),
    unsure: themeColour('--unsure'),
    blue: themeColour('--hue-blue'),
    orange: themeColour('--hue-orange'),
    green: themeColour('--hue-green'),
    red: themeColour('--hue-red'),
    purple: themeColour('--hue-purple'),
    sky: themeColour('--hue-sky'),
    grey: themeColour('--hue-grey'),
  }
}

/** Who leads stands out, who follows is calm; other roles take what is left in the order of their coming. */
const KNOWN: Readonly<Record<string, RoleHue>> = {
  leader: 'orange',
  primary: 'orange',
  master: 'orange',
  coordinator: 'orange',
  follower: 'sky',
  backup: 'sky',
  replica: 'sky',
  secondary: 'sky',
  candidate: 'purple',
}

export type RoleHue = 'orange' | 'sky' | 'purple' | 'green' | 'blue' | 'red' | 'grey'
const OTHERS: readonly RoleHue[] = ['green', 'blue', 'purple', 'red', 'orange', 'sky', 'grey']

export function roleHues(names: readonly string[]): ReadonlyMap<string, RoleHue> {
  const hues = new Map<string, RoleHue>()
  const taken = new Set<RoleHue>()
  for (const name of names) {
    const hue = KNOWN[name]
    if (hue === undefined) continue
    hues.set(name, hue)
    taken.add(hue)
  }
  const free = OTHERS.filter((hue) => !taken.has(hue))
  let next = 0
  for (const name of names) {
    if (hues.has(name)) continue
    hues.set(name, free[next % free.length] ?? 'grey')
    next++
  }
  return hues
}
