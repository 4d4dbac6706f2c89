/** Servers that run together, as an engine sees them: one URL. */
export interface Topology {
  readonly url: string;
  stop(): Promise<void>;
}

export const TOPOLOGIES = ['alone', 'tls', 'sentinel', 'cluster'] as const;
export type TopologyName = (typeof TOPOLOGIES)[number];
