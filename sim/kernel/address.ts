/**
 * A node's address: what a peer holds of another node, and all that it can hold. An address is a value: it may be
 * sent in messages, written to disk and compared with `===`; it gives no access to the node behind it.
 */

declare const protocol: unique symbol

/** The address of a node that understands the messages of `P`. Created by the simulator only; one object per node. */
export class Address<out P = unknown> {
  /** Type-only: lets `node.request(address, ...)` know which messages the peer takes. */
  declare readonly [protocol]?: P
  /** Position in the order in which the scenario added its nodes, from 0. */
  readonly id: number
  private readonly kind: string
  /** Position among the nodes of its kind, from 0; -1 for a node that was added alone. */
  readonly index: number

  constructor(id: number, kind: string, index: number) {
    this.id = id
    this.kind = kind
    this.index = index
  }

  /** `replica[0]`, or the bare kind for a node that was added alone. Made on demand: a million names cost memory. */
  get name(): string {
    return this.index < 0 ? this.kind : `${this.kind}[${this.index}]`
  }

  toString(): string {
    return this.name
  }

  toJSON(): { readonly $node: string } {
    return { $node: this.name }
  }
}
