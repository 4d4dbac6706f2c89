import { type Enrolled, Roster } from 'prodwork/job/roster';

/** Something whose time can be up. */
export interface Timed extends Enrolled {
  /** ms on the monotonic clock. */
  readonly dueAt: number;
  /** Its time is up; called once. */
  expire(): void;
}

/** Timers reach no further than this, ms. */
const FURTHEST_MS = 2 ** 31 - 1;

/**
 * The deadlines of all jobs in hand behind one timer. Nearly every job ends long before its deadline: adding and removing
 * one touches no timer, unless it is the earliest so far. The timer goes off at the earliest that it knew of, and looks
 * for the next.
 */
export class Deadlines {
  readonly #all = new Roster<Timed>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  add(timed: Timed): void {
    this.#all.add(timed);
    if (timed.dueAt < this.#wakesAt) this.#arm(timed.dueAt);
  }

  remove(timed: Timed): void {
    this.#all.remove(timed);
  }

  #arm(at: number): void {
    clearTimeout(this.#timer);
    this.#wakesAt = at;
    const inMs = Math.min(FURTHEST_MS, Math.max(0, Math.ceil(at - performance.now())));
    this.#timer = setTimeout(() => this.#look(), inMs).unref();
  }

  #look(): void {
    this.#wakesAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const timed of this.#all.values()) {
      if (timed.dueAt <= now) {
        this.#all.remove(timed);
        timed.expire();
      } else if (timed.dueAt < next) {
        next = timed.dueAt;
      }
    }
    if (next < this.#wakesAt) this.#arm(next);
  }
}
