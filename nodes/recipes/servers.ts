import type { Address } from 'orrery-sim'
import type { CoordinationServer } from 'orrery-sim/nodes/coordination'

/** The servers of the service, as a node's configuration holds them; a client uses one of them at a time. */
export type Servers = readonly Address<CoordinationServer>[]
