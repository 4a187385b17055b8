/** The coordination service on one server or on an ensemble of them. */
export { ensemble, ensembleProblem, ensembleWarning } from './ensemble.ts'
export type { EnsembleOptions } from './ensemble.ts'
export { EnsembleServer } from './ensemble-server.ts'
export type { EnsemblePeer, MakeEnsemblePeer } from './ensemble-server.ts'
export { coordinationKind, coordinationServer } from './kind.ts'
export type { CoordinationConfig, CoordinationServer, CoordinationState } from './kind.ts'
