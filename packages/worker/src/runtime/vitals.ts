import { totalmem } from 'node:os';
import { type ELDHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Service } from 'prodwork/service';

const LOOK_EVERY_MS = 1_000;
/** A loop that stands still for this long is reported as blocked, ms. */
const BLOCKED_MS = 1_000;

/** Feels the pulse of this process: how late its event loop runs, how much memory it has. */
export class Pulse implements Service {
  readonly #onBlocked: (blockedMs: number) => void;
  #histogram: ELDHistogram | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lagMs = 0;

  constructor(onBlocked: (blockedMs: number) => void) {
    this.#onBlocked = onBlocked;
  }

  /** Longest delay of the event loop in the last second, ms. */
  get lagMs(): number {
    return this.#lagMs;
  }

  async start(): Promise<void> {
    this.#histogram = monitorEventLoopDelay({ resolution: 20 });
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#histogram?.disable();
  }

  #look(): void {
    this.#lagMs = Math.round((this.#histogram?.max ?? 0) / 1e6);
    this.#histogram?.reset();
    if (this.#lagMs >= BLOCKED_MS) this.#onBlocked(this.#lagMs);
  }
}

/** Memory that this process may use by its cgroup, bytes; 0 when there is no limit. */
export function memoryLimitBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : 0;
}
