import { now } from '../measure/moments.ts';
import { type Payload, RESULT } from '../systems/system.ts';

/** A look at the CPU so often, at least: of many workers each runs few of the jobs. */
const MARK_JOBS = 250;

/** A look at the process while it works: after how many effects, when, and how much CPU it had used by then. */
export interface Mark {
  readonly effects: number;
  readonly at: number;
  /** CPU of the whole process since it began, ms. */
  readonly cpuMs: number;
}

export interface TallyReport {
  /** How often each job ran, by its number. */
  readonly counts: Uint8Array;
  /** When each effect happened, in order. */
  readonly moments: Float64Array;
  /** From submit to start, ms; where jobs say when they were submitted. */
  readonly latencies: Float64Array;
  readonly marks: readonly Mark[];
}

export const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** What the handlers of one worker did. Kept in flat arrays: counting must not be what is measured. */
export class Tally {
  readonly #counts: Uint8Array;
  readonly #moments: Float64Array;
  readonly #latencies: Float64Array;
  readonly #markEvery: number;
  readonly #workMs: number;
  #marks: Mark[] = [];
  #effects = 0;

  /** @param jobs how many different jobs there are, over all workers. */
  constructor(jobs: number, effects: number, workMs: number) {
    this.#counts = new Uint8Array(jobs);
    this.#moments = new Float64Array(effects);
    this.#latencies = new Float64Array(effects);
    this.#markEvery = Math.max(1, Math.min(MARK_JOBS, Math.floor(effects / 100)));
    this.#workMs = workMs;
  }

  get effects(): number {
    return this.#effects;
  }

  readonly run = (payload: Payload): typeof RESULT | Promise<typeof RESULT> => {
    const { n, at } = payload;
    const index = this.#effects++;
    const moment = now();
    // A count past 255 would begin anew at 0 and could look like 1.
    const runs = this.#counts[n] ?? 0;
    if (runs < 255) this.#counts[n] = runs + 1;
    this.#moments[index] = moment;
    if (at > 0) this.#latencies[index] = moment - at;
    if (index % this.#markEvery === 0) this.#marks.push({ effects: index, at: moment, cpuMs: cpuMs() });
    if (this.#workMs === 0) return RESULT;
    return new Promise((resolve) => setTimeout(() => resolve(RESULT), this.#workMs));
  };

  report(): TallyReport {
    const kept = Math.min(this.#effects, this.#moments.length);
    const last = { effects: this.#effects, at: now(), cpuMs: cpuMs() };
    return {
      counts: this.#counts,
      moments: this.#moments.slice(0, kept),
      latencies: this.#latencies.slice(0, kept).filter((latency) => latency > 0),
      marks: [...this.#marks, last],
    };
  }
}
