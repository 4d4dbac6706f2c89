import type { Inspector } from 'prodwork/engine/inspector';
import type { Books } from '../books/books.ts';

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

/** Looks at the queue twice a second, and reads the books on. */
export class Sampler {
  readonly samples: Sample[] = [];
  readonly #books: Books;
  readonly #inspector: Inspector;
  readonly #workers: () => number;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(books: Books, inspector: Inspector, workers: () => number) {
    this.#books = books;
    this.#inspector = inspector;
    this.#workers = workers;
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
    const at = Date.now();
    this.#books.poll();
    const view = await this.#inspector.queue('default').catch(() => undefined);
    const { accepted, committed } = this.#books;
    const counts = view && { waiting: view.counts.waiting + view.counts.scheduled, active: view.counts.active };
    this.samples.push({ at, workers: this.#workers(), accepted, committed, ...counts });
    this.#isLooking = false;
  }
}
