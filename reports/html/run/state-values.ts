/**
 * States as a table of values that share their parts, both halves: packing them in Node, reading them in the browser.
 *
 * Snapshots of an inspected run share structure, so each object is written once and named by its number from then on.
 * Of a container whose earlier self is in the table only what changed is written, so that a map of a thousand entries
 * costs no thousand numbers a change; after so many changes in a row it is written whole again, so that any state can be
 * read without reading all before it.
 *
 * A part is a number, string, boolean or null as it is, `[n]` for entry n of the table, or an object in the form of
 * `sim/trace/values.ts` (undefined, bigint, addresses ...). An entry is an array whose first element says what it is.
 */
import { fromJson, toJson } from '../../../sim/trace/values.ts'

const OBJECT = 0 // shape, then a value for each key of the shape
const ARRAY = 1 // values
const MAP = 2 // key, value, key, value ...
const SET = 3 // members
const SAME_KEYS = 4 // earlier self, then position, value, position, value ...
const SPLICED = 5 // earlier self, from, how many are gone, new ones; of arrays and sets
const MAP_CHANGED = 6 // earlier self, positions that are gone (an array), position, value ... of what stays; null; key, value ... of what is new

type Entry = readonly unknown[]

/** Changes of one container after which it is written whole. */
const CHAIN = 48
/** Containers smaller than this are always written whole. */
const SMALL = 6

/** Packs values; `values` and `shapes` are the table so far. */
export class StatePacker {
  readonly values: Entry[] = []
  readonly shapes: (readonly string[])[] = []
  /** Roughly the characters that the table takes. */
  size = 0
  private readonly ids = new WeakMap<object, number>()
  private readonly shapeIds = new Map<string, number>()
  /** How many changes lead to each entry. */
  private readonly depth: number[] = []

  /** The number of a container in the table; `before` is its earlier self. */
  pack(value: object, before: unknown): number {
    const known = this.ids.get(value)
    if (known !== undefined) return known
    const base = typeof before === 'object' && before !== null ? this.ids.get(before) : undefined
    const entry =
      base === undefined || (this.depth[base] as number) >= CHAIN
        ? undefined
        : this.changed(value, before as object, base)
    const whole = entry ?? this.whole(value, before)
    const id = this.values.push(whole) - 1
    this.depth.push(entry === undefined ? 0 : (this.depth[base as number] as number) + 1)
    this.ids.set(value, id)
    this.size += 4 + whole.length * 6
    return id
  }

  private part(value: unknown, before: unknown): unknown {
    if (typeof value === 'string') this.size += value.length
    if (!isContainer(value)) return toJson(value)
    return [this.pack(value, before)]
  }

  private whole(value: object, before: unknown): Entry {
    if (Array.isArray(value)) {
      const old = Array.isArray(before) ? (before as readonly unknown[]) : []
      return [ARRAY, ...value.map((held, index) => this.part(held, old[index]))]
    }
    if (value instanceof Map) {
      const old = before instanceof Map ? before : EMPTY
      return [MAP, ...[...value].flatMap(([key, held]) => [this.key(key), this.part(held, old.get(key))])]
    }
    if (value instanceof Set) return [SET, ...[...value].map((held) => this.part(held, undefined))]
    const old = isPlain(before) ? before : {}
    const keys = Object.keys(value)
    const fields = value as Fields
    return [OBJECT, this.shape(keys), ...keys.map((key) => this.part(fields[key], old[key]))]
  }

  /** What changed, if the two are alike enough. */
  private changed(value: object, before: object, base: number): Entry | undefined {
    if (Array.isArray(value)) return Array.isArray(before) ? this.splice(value, before, base) : undefined
    if (value instanceof Set) {
      return before instanceof Set && value.size >= SMALL
        ? this.splice([...value], [...before], base)
        : undefined
    }
    if (value instanceof Map) return before instanceof Map ? this.mapChange(value, before, base) : undefined
    if (!isPlain(before) || !isPlain(value)) return undefined
    const keys = Object.keys(value)
    const oldKeys = Object.keys(before)
    if (keys.length !== oldKeys.length || keys.some((key, index) => key !== oldKeys[index])) return undefined
    const [now, then] = [value, before]
    const parts: unknown[] = []
    keys.forEach((key, index) => {
      if (!Object.is(now[key], then[key])) parts.push(index, this.part(now[key], then[key]))
    })
    return parts.length < keys.length ? [SAME_KEYS, base, ...parts] : undefined
  }

  private splice(value: readonly unknown[], before: readonly unknown[], base: number): Entry | undefined {
    if (value.length < SMALL) return undefined
    const most = Math.min(value.length, before.length)
    let start = 0
    while (start < most && Object.is(value[start], before[start])) start++
    let end = 0
    while (end < most - start && Object.is(value[value.length - 1 - end], before[before.length - 1 - end]))
      end++
    const fresh = value.slice(start, value.length - end)
    const gone = before.length - end - start
    if (fresh.length > value.length / 2) return undefined
    return [SPLICED, base, start, gone, ...fresh.map((held, index) => this.part(held, before[start + index]))]
  }

  private mapChange(value: Pairs, before: Pairs, base: number): Entry | undefined {
    if (value.size < SMALL) return undefined
    const gone: number[] = []
    const changed: unknown[] = []
    let position = 0
    let kept = 0
    for (const [key, held] of before) {
      if (!value.has(key)) gone.push(position)
      else {
        const now = value.get(key)
        if (!Object.is(now, held)) changed.push(position, this.part(now, held))
        kept++
      }
      position++
    }
    const fresh: unknown[] = []
    let index = 0
    for (const [key, held] of value) {
      const isOld = before.has(key)
      // A key that was taken out and put in again stands elsewhere now.
      if (isOld !== index < kept) return undefined
      if (!isOld) fresh.push(this.key(key), this.part(held, undefined))
      index++
    }
    if (gone.length + changed.length + fresh.length > value.size) return undefined
    return [MAP_CHANGED, base, gone, ...changed, null, ...fresh]
  }

  private key(key: unknown): unknown {
    return this.part(key, undefined)
  }

  private shape(keys: readonly string[]): number {
    const text = JSON.stringify(keys)
    const known = this.shapeIds.get(text)
    if (known !== undefined) return known
    const id = this.shapes.push(keys) - 1
    this.shapeIds.set(text, id)
    return id
  }
}

type Fields = Readonly<Record<string, unknown>>
type Pairs = ReadonlyMap<unknown, unknown>
const EMPTY: Pairs = new Map()

function isPlain(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isContainer(value: unknown): value is object {
  return Array.isArray(value) || value instanceof Map || value instanceof Set || isPlain(value)
}

/** Reads a table. Values that were one in the run are one here, so comparing two states is quick. */
export class StateTable {
  private readonly values: readonly Entry[]
  private readonly shapes: readonly (readonly string[])[]
  private readonly read = new Map<number, unknown>()

  constructor(table: {
    readonly values: readonly unknown[]
    readonly shapes: readonly (readonly string[])[]
  }) {
    this.values = table.values as readonly Entry[]
    this.shapes = table.shapes
  }

  /** Value number `id`. Not to be changed: it is shared. */
  value(id: number): unknown {
    if (this.read.has(id)) return this.read.get(id)
    // Whoever drags through a long run leaves a trail; nothing is lost by reading again.
    if (this.read.size > MOST_READ) this.read.clear()
    const value = this.make(this.values[id] as Entry)
    this.read.set(id, value)
    return value
  }

  private part(part: unknown): unknown {
    if (typeof part !== 'object' || part === null) return part
    return Array.isArray(part) ? this.value(part[0] as number) : fromJson(part)
  }

  private make(entry: Entry): unknown {
    const [code, second, ...rest] = entry
    switch (code) {
      case OBJECT: {
        const keys = this.shapes[second as number] as readonly string[]
        return Object.fromEntries(keys.map((key, index) => [key, this.part(rest[index])]))
      }
      case ARRAY:
        return entry.slice(1).map((part) => this.part(part))
      case MAP:
        return new Map(pairs(entry.slice(1)).map(([key, held]) => [this.part(key), this.part(held)]))
      case SET:
        return new Set(entry.slice(1).map((part) => this.part(part)))
      case SAME_KEYS: {
        const base = this.value(second as number) as Fields
        const keys = Object.keys(base)
        const changes = pairs(rest).map(([at, part]) => [keys[at as number], this.part(part)] as const)
        return { ...base, ...Object.fromEntries(changes) }
      }
      case SPLICED: {
        const base = this.value(second as number) as readonly unknown[] | ReadonlySet<unknown>
        const [from, gone, ...fresh] = rest
        const items = [...base]
        items.splice(from as number, gone as number, ...fresh.map((part) => this.part(part)))
        return base instanceof Set ? new Set(items) : items
      }
      default:
        return this.changedMap(this.value(second as number) as Pairs, rest)
    }
  }

  private changedMap(base: Pairs, [gone, ...rest]: readonly unknown[]): Pairs {
    const split = nullPosition(rest)
    const changed = new Map(pairs(rest.slice(0, split)))
    const lost = new Set(gone as readonly number[])
    const out = new Map<unknown, unknown>()
    let position = 0
    for (const [key, held] of base) {
      if (!lost.has(position)) out.set(key, changed.has(position) ? this.part(changed.get(position)) : held)
      position++
    }
    for (const [key, held] of pairs(rest.slice(split + 1))) out.set(this.part(key), this.part(held))
    return out
  }
}

const MOST_READ = 50_000

/** Where the null stands that ends the changes: at an even place, so that no value is taken for it. */
function nullPosition(parts: readonly unknown[]): number {
  let at = 0
  while (at < parts.length && parts[at] !== null) at += 2
  return at
}

function pairs(flat: readonly unknown[]): (readonly [unknown, unknown])[] {
  const out: (readonly [unknown, unknown])[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) out.push([flat[i], flat[i + 1]])
  return out
}
