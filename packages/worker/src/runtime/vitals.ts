import { totalmem } from 'node:os';
import type { Service } from 'prodwork/service';

const TICK_MS = 100;
const TICKS_KEPT = 10;
/** A loop that stands still for this long is reported as blocked, ms. */
const BLOCKED_MS = 1_000;

/**
 * Feels the pulse of this process: how late its event loop runs. It measures its own timer, not the histogram of
 * `monitorEventLoopDelay`: that one forgets its last sample at each reset, and with it a block that begins right then.
 */
export class Pulse implements Service {
  readonly #onBlocked: (blockedMs: number) => void;
  readonly #delays: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #tickedAt = 0;

  constructor(onBlocked: (blockedMs: number) => void) {
    this.#onBlocked = onBlocked;
  }

  /** Longest delay of the event loop in about the last second, ms. */
  get lagMs(): number {
    return Math.max(0, ...this.#delays);
  }

  async start(): Promise<void> {
    this.#tickedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const gapMs = Math.round(now - this.#tickedAt);
    this.#tickedAt = now;
    this.#delays.push(Math.max(0, gapMs - TICK_MS));
    if (this.#delays.length > TICKS_KEPT) this.#delays.shift();
    if (gapMs >= BLOCKED_MS) this.#onBlocked(gapMs);
  }
}

/** Memory that this process may use by its cgroup, bytes; 0 when there is no limit. */
export function memoryLimitBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : 0;
}
