import type { Clock } from 'prodwork/clock';
import type { Service } from 'prodwork/service';

export interface WatchdogOptions {
  /** When the fetch loop last turned, epoch ms. */
  readonly turnedAt: () => number;
  readonly limitMs: number;
  readonly clock: Clock;
  /** Called once. */
  readonly onStuck: (ageMs: number) => void;
}

/** Sees a fetch loop that has stopped turning while the rest of the process looks well. */
export class Watchdog implements Service {
  readonly #options: WatchdogOptions;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  /** No turn before this moment is expected: the process started, or slept, or its clock was set. */
  #excusedUntil: number;
  #lookedAt: number;
  #isStuck = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#everyMs = Math.min(1_000, Math.ceil(options.limitMs / 5));
    this.#lookedAt = options.clock.now();
    this.#excusedUntil = this.#lookedAt;
  }

  /** Time since the loop last turned, ms. */
  get ageMs(): number {
    return Math.max(0, this.#options.clock.now() - Math.max(this.#options.turnedAt(), this.#excusedUntil));
  }

  get isStuck(): boolean {
    return this.#isStuck;
  }

  async start(): Promise<void> {
    this.#lookedAt = this.#options.clock.now();
    this.#excusedUntil = this.#lookedAt;
    this.#timer = setInterval(() => this.look(), this.#everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
  }

  /** One look; the timer calls it. */
  look(): void {
    const now = this.#options.clock.now();
    const sinceLook = now - this.#lookedAt;
    this.#lookedAt = now;
    // This timer was late too: the whole process stood still (SIGSTOP, a blocked loop) or its clock jumped. The fetch
    // loop gets its full time again before it is judged.
    if (sinceLook > this.#everyMs * 3 || sinceLook < 0) this.#excusedUntil = now;
    const { ageMs } = this;
    if (this.#isStuck || ageMs <= this.#options.limitMs) return;
    this.#isStuck = true;
    this.#options.onStuck(ageMs);
  }
}
