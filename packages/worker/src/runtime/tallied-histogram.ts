import { Histogram, type Registry } from 'prom-client';

export interface TalliedHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, s, in order. */
  readonly buckets: readonly number[];
  readonly registers: Registry[];
}

interface Tally {
  /** How many fell into each bucket, and beyond the last one. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/**
 * A histogram by job type that is observed several times per job: it counts in plain numbers, and puts labels and
 * cumulative buckets together when the registry asks. prom-client's own does that for every value.
 */
export class TalliedHistogram extends Histogram<'type'> {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #tallies = new Map<string, Tally>();

  constructor({ name, help, buckets, registers }: TalliedHistogramOptions) {
    super({ name, help, labelNames: ['type'], buckets: [...buckets], registers });
    this.#name = name;
    this.#help = help;
    this.#bounds = buckets;
  }

  /** @param type a label value: there must be few of them. */
  note(type: string, seconds: number): void {
    let tally = this.#tallies.get(type);
    if (tally === undefined) {
      tally = { counts: new Array<number>(this.#bounds.length + 1).fill(0), sum: 0, count: 0 };
      this.#tallies.set(type, tally);
    }
    let bucket = 0;
    while (bucket < this.#bounds.length && seconds > (this.#bounds[bucket] ?? 0)) bucket++;
    tally.counts[bucket] = (tally.counts[bucket] ?? 0) + 1;
    tally.sum += seconds;
    tally.count++;
  }

  /** What the registry, and `get`, read: prom-client's own form, in which values share labels. */
  async getForPromString() {
    const values = [...this.#tallies].flatMap(([type, tally]) => this.#valuesOf(type, tally));
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }

  #valuesOf(type: string, { counts, sum, count }: Tally) {
    const value = (part: string, value: number, labels: { readonly le?: number | string } = {}) => ({
      metricName: `${this.#name}_${part}`,
      labels,
      sharedLabels: { type },
      value,
    });
    let below = 0;
    const buckets = [...this.#bounds, '+Inf'].map((le, bucket) => {
      below += counts[bucket] ?? 0;
      return value('bucket', below, { le });
    });
    return [...buckets, value('sum', sum), value('count', count)];
  }
}
