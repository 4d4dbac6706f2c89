import { Worker } from 'node:worker_threads';

interface Stall {
  readonly to: number;
  readonly ms: number;
}

const EVERY_MS = 20;
/** Less is the usual jitter of a timer. */
const NOTABLE_MS = 30;

/** Has nothing to do but to look at the time: when it comes late, the machine ran somebody else, or nobody. */
const TICK = `
const { parentPort } = require('node:worker_threads');
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  const late = now - last - ${EVERY_MS};
  last = now;
  if (late > ${NOTABLE_MS}) parentPort.postMessage({ to: Date.now(), ms: late });
}, ${EVERY_MS});
`;

/** How long the machine itself kept a process from running that was due. A bound is wider by that, and says so. */
export class MachineClock {
  readonly #stalls: Stall[] = [];
  #thread: Worker | undefined;

  start(): void {
    this.#thread = new Worker(TICK, { eval: true });
    this.#thread.on('message', (stall: Stall) => this.#stalls.push(stall));
    this.#thread.unref();
  }

  async stop(): Promise<void> {
    await this.#thread?.terminate();
  }

  /** Of this span, ms. */
  stalledMs(from: number, to: number): number {
    const within = this.#stalls.map((stall) => Math.min(stall.to, to) - Math.max(stall.to - stall.ms, from));
    return Math.round(within.reduce((sum, ms) => sum + Math.max(0, ms), 0));
  }
}
