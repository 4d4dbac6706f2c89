import { refOf } from '../books/judge.ts';
import type { World } from './world.ts';

/** The state of the queue at one moment of the run. */
export interface Sample {
  readonly at: number;
  /** Undefined while the queue did not answer. */
  readonly waiting?: number;
  readonly active?: number;
  readonly workers: number;
  readonly accepted: number;
  readonly committed: number;
}

const EVERY_MS = 500;
/** A job whose worker died is asked for when it has not been started again for this long, ms. */
const ASK_AFTER_MS = 4_000;
const ASK_AT_ONCE = 100;

/** Looks at the queue twice a second, and reads the books on. */
export class Sampler {
  readonly samples: Sample[] = [];
  readonly #world: World;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(world: World) {
    this.#world = world;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { books, eyes } = this.#world;
    const at = Date.now();
    books.poll();
    const counts = await eyes.counts().catch(() => undefined);
    const { accepted, committed } = books;
    const seen = counts && { waiting: counts.waiting + counts.scheduled, active: counts.active };
    this.samples.push({ at, workers: this.#world.livingWorkers().length, accepted, committed, ...seen });
    await this.#askForTheUnseen(at).catch(() => {});
    await this.#askForTheStrangers(at).catch(() => {});
    this.#isLooking = false;
  }

  /**
   * A worker that dies between Redis's answer and its own line leaves a job that is done and has no commit in the books.
   * It is asked for soon, because finished jobs are not kept for ever.
   */
  async #askForTheUnseen(now: number): Promise<void> {
    const { books, eyes } = this.#world;
    const ids = [...books.orphaned].filter(([, at]) => now - at > ASK_AFTER_MS).slice(0, ASK_AT_ONCE);
    if (ids.length === 0) return;
    const jobs = await eyes.jobs(ids.map(([id]) => id));
    for (const [at, [id]] of ids.entries()) {
      const state = jobs[at]?.state;
      const job = books.jobs.get(id);
      if (job && state) job.seenState = state;
      // Nowhere: stays on the list, and is the judge's business.
      if (state !== undefined || (job?.commits.length ?? 0) > 0) books.orphaned.delete(id);
    }
  }

  /** A job whose submit got no answer is traced to it by its payload, while its record is still there. */
  async #askForTheStrangers(now: number): Promise<void> {
    const { books, eyes } = this.#world;
    const ids = [...books.strangers].filter(([, at]) => now - at > ASK_AFTER_MS).slice(0, ASK_AT_ONCE);
    if (ids.length === 0) return;
    const jobs = await eyes.jobs(ids.map(([id]) => id));
    for (const [at, [id]] of ids.entries()) {
      const ref = refOf(jobs[at]?.payload);
      const job = books.jobs.get(id);
      if (job && ref !== undefined) job.ref = ref;
      books.strangers.delete(id);
    }
  }
}
