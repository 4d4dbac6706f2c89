import { Histogram, type Registry } from 'prom-client';

export interface TalliedHistogramOptions<Label extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  /** Upper bounds, s, in order. */
  readonly buckets: readonly number[];
  readonly registers: Registry[];
}

interface Tally<Label extends string> {
  readonly labels: Labels<Label>;
  /** How many fell into each bucket, and beyond the last one. */
  readonly counts: number[];
  sum: number;
  count: number;
}

type Labels<Label extends string> = { readonly [label in Label]: string };

/**
 * A histogram of what happens with every job or request: it counts in plain numbers, and puts labels and cumulative buckets
 * together when the registry asks. prom-client's own does that for every value.
 */
export class TalliedHistogram<Label extends string> extends Histogram<Label> {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #tallies = new Map<string, Tally<Label>>();

  constructor({ name, help, labelNames, buckets, registers }: TalliedHistogramOptions<Label>) {
    super({ name, help, labelNames: [...labelNames], buckets: [...buckets], registers });
    this.#name = name;
    this.#help = help;
    this.#bounds = buckets;
  }

  /** @param key stands for the labels, which are asked for once: there must be few of them. */
  note(key: string, seconds: number, labelsOf: () => Labels<Label>): void {
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      const counts = new Array<number>(this.#bounds.length + 1).fill(0);
      tally = { labels: labelsOf(), counts, sum: 0, count: 0 };
      this.#tallies.set(key, tally);
    }
    let bucket = 0;
    while (bucket < this.#bounds.length && seconds > (this.#bounds[bucket] ?? 0)) bucket++;
    tally.counts[bucket] = (tally.counts[bucket] ?? 0) + 1;
    tally.sum += seconds;
    tally.count++;
  }

  /** What the registry, and `get`, read: prom-client's own form, in which values share labels. */
  async getForPromString() {
    const values = [...this.#tallies.values()].flatMap((tally) => this.#valuesOf(tally));
    return { name: this.#name, help: this.#help, type: 'histogram', aggregator: 'sum', values };
  }

  #valuesOf({ labels: sharedLabels, counts, sum, count }: Tally<Label>) {
    const value = (part: string, value: number, labels: { readonly le?: number | string } = {}) => ({
      metricName: `${this.#name}_${part}`,
      labels,
      sharedLabels,
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
