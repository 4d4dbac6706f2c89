/** A span of time in which we kept a worker from renewing its lease: frozen, cut off, its loop blocked. */
export interface Impairment {
  readonly worker: string;
  readonly from: number;
  to: number;
}

/** One kill whose victims must start again. */
export interface Kill {
  readonly fault: string;
  readonly worker: string;
  readonly at: number;
  /** Jobs that its handlers were running, by id and fence. */
  readonly victims: readonly { readonly id: string; readonly fence: number }[];
  /** Part of the published figure: an able worker was alive and Redis answered, then and for as long as the bound is. */
  isMeasured: boolean;
}

export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? null;
}

export interface Spread {
  readonly count: number;
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export const spread = (values: readonly number[]): Spread => ({
  count: values.length,
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
  max: percentile(values, 1),
});
