/** What clients, the balancer and backends say to each other. */

/** What the balancer understands. */
export interface ServiceMessages {
  /** `source` stands for the client's IP address, `work` for what the request costs: CPU milliseconds at speed 1. */
  request(message: { readonly source: number; readonly work: number }): Response
}

/** 200: served; 503: no server is up; 504: the servers that were tried did not answer in time (it may have been served). */
export type Response =
  { readonly status: 200; readonly server: string } | { readonly status: 503 } | { readonly status: 504 }

/** What backends understand. */
export interface BackendMessages {
  /** Answered when the work is done. */
  serve(message: { readonly work: number }): void
  /** A health check: any answer will do. */
  health(): void
  /** An agent check: the weight, in percent of the usual one, that the backend asks for now. */
  agent(): { readonly percent: number }
}
