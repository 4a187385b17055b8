/**
 * What the page of a run shows at the moment: the instant, the stretch of time in view, the filter, what is folded. One
 * place holds it; parts of the page listen to what they draw. The instant stands in the address, so a link points at it.
 */
import { useEffect, useState } from 'preact/hooks'
import type { Bands } from '../../model/bands.ts'
import { bandsOf } from '../../model/bands.ts'
import { chainOf, Effects } from '../../model/causes.ts'
import type { Filter } from '../../model/filter.ts'
import { matching, NO_FILTER } from '../../model/filter.ts'
import { firstFolds } from '../../model/lanes.ts'
import type { Messages } from '../../model/messages.ts'
import { acknowledgementsOf, messagesOf } from '../../model/messages.ts'
import type { Instant } from '../../model/states.ts'
import { States } from '../../model/states.ts'
import type { RunData } from '../../run/data.ts'
import { Records } from '../../run/record-columns.ts'

/** From one virtual time to another, in microseconds. */
export interface View {
  readonly from: number
  readonly to: number
}

export interface Shown {
  readonly view: View
  /** The row that is looked at: the instant is after its event; -1: the instant is a time. */
  readonly row: number
  /** Virtual time of the instant. */
  readonly time: number
  readonly filter: Filter
  /** 1 for each row that the filter lets through; undefined: all. */
  readonly matches: Uint8Array | undefined
  readonly folded: ReadonlySet<string>
  /** Whether the causes of the row are highlighted, and their rows. */
  readonly why: boolean
  readonly chain: readonly number[]
  readonly timers: boolean
  /** Whether segments without content are drawn. */
  readonly acknowledgements: boolean
}

/** The shortest stretch that can be looked at. */
const SHORTEST = 20

export class RunStore {
  readonly data: RunData
  readonly records: Records
  readonly messages: Messages
  /** 1 for each row of a segment without content. */
  readonly acknowledgements: Uint8Array
  readonly hasAcknowledgements: boolean
  readonly bands: Bands
  readonly effects: Effects
  readonly states: States | undefined
  /** Rows that must never be overlooked, however many there are in view. */
  readonly loud: readonly number[]
  /** End of the time axis: the end of the run, a little more than nothing. */
  readonly end: number
  shown: Shown
  private readonly listeners = new Set<() => void>()
  private writing = 0

  constructor(data: RunData) {
    const { nodes, facts } = data
    this.data = data
    this.records = new Records(data.records)
    this.end = Math.max(1000, facts.endedAt)
    this.messages = messagesOf(this.records)
    this.acknowledgements = acknowledgementsOf(this.records)
    this.hasAcknowledgements = this.acknowledgements.includes(1)
    this.bands = bandsOf(this.records, nodes, facts.faults, this.end)
    this.effects = new Effects(this.records)
    this.loud = Array.from({ length: this.records.count }, (_, row) => row).filter((row) =>
      LOUD.has(this.records.kindOf(row)),
    )
    this.states = data.states === undefined ? undefined : new States(data.states, nodes)
    this.shown = {
      view: { from: 0, to: this.end },
      row: -1,
      time: 0,
      filter: NO_FILTER,
      matches: undefined,
      folded: firstFolds(nodes),
      why: false,
      chain: [],
      timers: false,
      acknowledgements: false,
    }
  }

  /** Whether every record of the run is there. */
  get isWhole(): boolean {
    return this.data.records.omitted === 0
  }

  /** Whether the states at an instant are known: of a long run only those of the stretch that is shown whole are. */
  knowsStatesAt(instant: Instant): boolean {
    if (this.states === undefined) return false
    const { from, to } = this.data.records
    if (this.isWhole) return true
    if ('record' in instant) return instant.record >= from && instant.record <= to
    const time = (record: number): number => this.records.t[this.records.rowOf(record)] ?? 0
    return instant.time >= time(from) && instant.time < time(to)
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private set(change: Partial<Shown>): void {
    this.shown = { ...this.shown, ...change }
    for (const listener of this.listeners) listener()
  }

  /** The instant as states take it. */
  get instant(): Instant {
    const { row, time } = this.shown
    return row >= 0 ? { record: this.records.id[row] as number } : { time }
  }

  /** Looks at a record; `reveal` moves the view there if it is not in it. */
  select(row: number, reveal = true): void {
    if (row < 0 || row >= this.records.count) return
    const time = this.records.t[row] as number
    const why = this.shown.why
    this.set({ row, time, chain: why ? chainOf(this.records, row) : [] })
    if (reveal) this.reveal(time)
    this.writeAddress()
  }

  /** Goes to a time: the record looked at is none, or the last one by then. */
  goTo(time: number, reveal = false): void {
    const at = Math.max(0, Math.min(this.end, Math.round(time)))
    this.set({ row: -1, time: at, chain: [] })
    if (reveal) this.reveal(at)
    this.writeAddress()
  }

  /** The next record (1) or the one before (-1) that the filter lets through. */
  step(by: 1 | -1): void {
    const { row, time, matches } = this.shown
    let at = row >= 0 ? row + by : by > 0 ? this.records.rowAt(time) + 1 : this.records.rowAt(time)
    while (at >= 0 && at < this.records.count && matches?.[at] === 0) at += by
    this.select(at)
  }

  setWhy(why: boolean): void {
    const { row } = this.shown
    this.set({ why, chain: why && row >= 0 ? chainOf(this.records, row) : [] })
  }

  setView(from: number, to: number): void {
    const length = Math.min(this.end, Math.max(SHORTEST, to - from))
    const begin = Math.max(0, Math.min(this.end - length, (from + to - length) / 2))
    this.set({ view: { from: begin, to: begin + length } })
  }

  /** Makes the stretch in view `factor` times as long, around a time. */
  zoom(factor: number, around = (this.shown.view.from + this.shown.view.to) / 2): void {
    const { from, to } = this.shown.view
    const length = Math.min(this.end, Math.max(SHORTEST, (to - from) * factor))
    const share = (around - from) / (to - from)
    const begin = Math.max(0, Math.min(this.end - length, around - share * length))
    this.set({ view: { from: begin, to: begin + length } })
  }

  /** Moves the view by a share of itself. */
  pan(share: number): void {
    const { from, to } = this.shown.view
    const by = Math.max(-from, Math.min(this.end - to, share * (to - from)))
    this.set({ view: { from: from + by, to: to + by } })
  }

  private reveal(time: number): void {
    const { from, to } = this.shown.view
    const margin = (to - from) * 0.03
    if (time >= from + margin && time <= to - margin) return
    const half = (to - from) / 2
    this.setView(time - half, time + half)
  }

  /** Shows as much around a record as can be told apart: so many records, most of them before it. */
  closeIn(row: number): void {
    const { records } = this
    if (records.count < CLOSE * 3) return
    const from = records.t[Math.max(0, Math.round(row - CLOSE * 0.7))] as number
    const to = records.t[Math.min(records.count - 1, Math.round(row + CLOSE * 0.3))] as number
    // Where much follows within a moment the record would stand at the edge.
    this.setView(from, Math.max(to, from + 1000, from + ((records.t[row] as number) - from) * 1.2))
  }

  /** Shows the chain of causes as a whole. */
  frame(rows: readonly number[]): void {
    const times = rows.map((row) => this.records.t[row] as number)
    const [first, last] = [times[0], times.at(-1)]
    if (first === undefined || last === undefined) return
    const margin = Math.max(500, (last - first) * 0.08)
    this.setView(first - margin, last + margin)
  }

  setFilter(change: Partial<Filter>): void {
    const filter = { ...this.shown.filter, ...change }
    this.set({ filter, matches: matching(this.records, this.data.nodes, filter) })
  }

  fold(kind: string): void {
    const folded = new Set(this.shown.folded)
    if (!folded.delete(kind)) folded.add(kind)
    this.set({ folded })
  }

  setTimers(timers: boolean): void {
    this.set({ timers })
  }

  setAcknowledgements(acknowledgements: boolean): void {
    this.set({ acknowledgements })
  }

  /** Whether the diagram leaves a row out because it is that of a segment without content. */
  isHidden(row: number): boolean {
    return !this.shown.acknowledgements && this.acknowledgements[row] === 1 && row !== this.shown.row
  }

  /** Reads the instant from the address: `#record=812` or `#t=1500000`. False if there is none. */
  readAddress(hash: string): boolean {
    const [, name, number] = /^#(record|t)=(\d+)$/.exec(hash) ?? []
    if (name === undefined) return false
    if (name === 't') this.goTo(Number(number), true)
    else {
      const row = this.records.rowOf(Number(number))
      if (row < 0) return false
      this.select(row)
    }
    return true
  }

  /** Not at once: a scrubber that is dragged would write a hundred addresses a second, which browsers refuse. */
  private writeAddress(): void {
    clearTimeout(this.writing)
    this.writing = setTimeout(() => {
      const { row, time } = this.shown
      const address = row >= 0 ? `#record=${this.records.id[row] as number}` : `#t=${time}`
      if (location.hash !== address) history.replaceState(null, '', address)
    }, 150)
  }
}

const LOUD: ReadonlySet<string> = new Set(['crash', 'stop', 'error'])

/** Records that can be told apart in one view. */
const CLOSE = 500

/** Draws a component again when what it reads from the store has changed. */
export function useShown<T>(store: RunStore, read: (shown: Shown) => T): T {
  const [value, setValue] = useState(() => read(store.shown))
  useEffect(() => {
    const update = (): void => setValue(() => read(store.shown))
    update()
    return store.subscribe(update)
  }, [store])
  return value
}
