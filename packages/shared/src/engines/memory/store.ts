import { type Clock, systemClock } from '../../clock.ts';
import { type QueueLimits, QueueStore } from './queue-store.ts';
import { handOver, nextSweepAt, sweep } from './upkeep.ts';

/** Longest wait of a timer; a later moment is looked at again. */
const TIMER_MAX_MS = 60_000;

/** All queues of one engine object, and what keeps them moving: a timer with the system's clock, `tick` with a held one. */
export class Store {
  readonly clock: Clock;
  readonly #limits: QueueLimits;
  readonly #queues = new Map<string, QueueStore>();
  #isTurnPending = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(limits: QueueLimits, clock: Clock) {
    this.#limits = limits;
    this.clock = clock;
  }

  queue(name: string): QueueStore {
    const known = this.#queues.get(name);
    if (known) return known;
    const queue = new QueueStore(name, this.#limits, () => this.clock.now());
    this.#queues.set(name, queue);
    return queue;
  }

  names(): readonly string[] {
    return [...this.#queues.keys()].sort();
  }

  /** Does what is due, then hands over. Called by the timer, by tests that hold the clock, and after each change. */
  tick(): void {
    this.#isTurnPending = false;
    if (this.#isClosed) return;
    for (const queue of this.#queues.values()) {
      sweep(queue);
      handOver(queue);
    }
    this.#arm();
  }

  /** Something changed: turn once this piece of code is done, so that calls made together are handed over together. */
  changed(): void {
    if (this.#isTurnPending || this.#isClosed) return;
    this.#isTurnPending = true;
    queueMicrotask(() => this.tick());
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.clock !== systemClock) return;
    const times = [...this.#queues.values()].map(nextSweepAt).filter((time) => time !== undefined);
    if (times.length === 0) return;
    const waitMs = Math.min(Math.max(Math.min(...times) - this.clock.now(), 1), TIMER_MAX_MS);
    this.#timer = setTimeout(() => this.tick(), waitMs).unref();
  }
}
