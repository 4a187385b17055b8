/**
 * What a kind of fault is made of: its fields as a schema, and what it does when its time comes.
 */
import { z } from 'zod'
import type { Control } from '../sim/host/control.ts'
import type { FaultEffect } from '../sim/host/fault.ts'
import type { Selectable, Selector } from '../sim/host/selectors.ts'
import type { Duration } from '../sim/kernel/time.ts'
import type { Targets } from './fields.ts'
import { duration, parseGroups, parseTargets } from './fields.ts'

/** Optional fields are left out, never undefined: a plan is JSON. */
type Exact<T> = { readonly [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> : T[K] }

type Fields = Readonly<Record<string, z.ZodType>>

/** A fault of one kind as data. */
export type FaultOf<K extends string, F extends Fields> = Exact<
  { at: Duration; kind: K } & (keyof F extends never ? unknown : z.output<z.ZodObject<F>>)
>

/** A fault of a kind, apart from the kind itself. */
export type FieldsOf<D> = D extends FaultKind<infer K, infer F> ? Omit<FaultOf<K, F>, 'kind'> : never

/** Where a fault stands in its plan, and which nodes there are for it. */
export class Place {
  readonly where: string
  private readonly nodes: readonly Selectable[] | undefined

  /** Without `nodes` it is not checked whether selectors can match. */
  constructor(where: string, nodes?: readonly Selectable[]) {
    this.where = where
    this.nodes = nodes
  }

  targets(field: string, written: Targets): readonly Selector[] {
    return parseTargets(written, this.field(field), this.nodes)
  }

  groups(field: string, written: readonly Targets[]): readonly (readonly Selector[])[] {
    return parseGroups(written, this.field(field), this.nodes)
  }

  field(name: string): string {
    return this.where === '' ? name : `${this.where}.${name}`
  }
}

/** Makes one fault happen; targets are resolved now. */
export type Begin = (control: Control) => FaultEffect

/** The declaration of a kind of fault. */
export interface FaultKind<K extends string = string, F extends Fields = Fields> {
  readonly kind: K
  readonly fields: F
  readonly schema: z.ZodType
  /** Checks what the schema cannot, and makes the fault ready. */
  readonly prepare: (fault: FaultOf<K, F>, place: Place) => Begin
}

/** Declares a kind. `about` says what it does, for editors; `example` leaves out the kind. */
export function faultKind<const K extends string, const F extends Fields>(
  declaration: {
    readonly kind: K
    readonly about: string
    readonly fields: F
    readonly example: { readonly at: Duration } & Omit<NoInfer<FaultOf<K, F>>, 'kind' | 'at'>
  },
  prepare: (fault: FaultOf<K, F>, place: Place) => Begin,
): FaultKind<K, F> {
  const { kind, about, fields, example } = declaration
  const { at, ...others } = example
  const schema = z
    .strictObject({
      at: duration("Virtual time at which it begins: milliseconds, or a string such as '2s'."),
      kind: z.literal(kind).describe(about),
      ...fields,
    })
    .meta({ id: kind, title: kind, description: about, examples: [{ at, kind, ...others }] })
  return { kind, fields, schema, prepare }
}

/** State that kinds keep during a run, such as which faults are in force; each run has its own, made when first asked for. */
export function perRun<T>(make: () => T): (control: Control) => T {
  const states = new WeakMap<Control, T>()
  return (control) => {
    let state = states.get(control)
    if (state === undefined) {
      state = make()
      states.set(control, state)
    }
    return state
  }
}

/** What faults of one kind hold of each node, in the order in which they began; any of them may end first. */
export class InForce<V> {
  private readonly byNode = new Map<number, Map<object, V>>()

  begin(node: number, fault: object, value: V): void {
    const held = this.byNode.get(node)
    if (held === undefined) this.byNode.set(node, new Map([[fault, value]]))
    else held.set(fault, value)
  }

  /** False if the fault does not hold the node any more. */
  end(node: number, fault: object): boolean {
    const held = this.byNode.get(node)
    if (held?.delete(fault) !== true) return false
    if (held.size === 0) this.byNode.delete(node)
    return true
  }

  /** Ends all faults on a node. */
  clear(node: number): void {
    this.byNode.delete(node)
  }

  /** What is in force on a node, oldest first. */
  of(node: number): readonly V[] {
    return [...(this.byNode.get(node)?.values() ?? [])]
  }
}

/** Names of nodes. */
export function named(control: Control, nodes: readonly number[]): readonly string[] {
  return nodes.map((node) => control.name(node))
}
