import type { Connection } from '../../redis/connections.ts';
import { BlockingPop } from './blocking-pop.ts';
import { decodeEntry, type Entry } from './entry.ts';
import type { BrpopStore } from './store.ts';

export interface FetchLoopOptions {
  readonly url: string;
  readonly connectionName: string;
  readonly key: string;
  readonly queue: string;
  readonly slots: number;
  readonly store: BrpopStore;
  readonly inHand: () => number;
  readonly onEntry: (entry: Entry) => Promise<void>;
}

/** After a failure the loop waits this long, ms, so that a server that answers with errors is not flooded. */
const AFTER_FAILURE_MS = 200;

/** Pops while there is a free slot; sets aside what cannot be read; pushes back what arrives after the end was called. */
export class FetchLoop {
  readonly #options: FetchLoopOptions;
  readonly #pop: BlockingPop;
  #slots: number;
  #isQuiet = false;
  #isWaitingForSlot = false;
  #turnedAt = Date.now();
  #running: Promise<void> | undefined;
  #wake: () => void = () => {};

  constructor(options: FetchLoopOptions) {
    this.#options = options;
    this.#slots = options.slots;
    this.#pop = new BlockingPop(options.url, options.connectionName, options.key);
  }

  get isReady(): boolean {
    return this.#running !== undefined && !this.#isQuiet && (this.#pop.isReady || this.#isWaitingForSlot);
  }

  /** Full slots are no standstill: there is nothing that the loop should do. */
  turnedAt(): number {
    return this.#isWaitingForSlot || this.#isQuiet ? Date.now() : this.#turnedAt;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** A slot may be free. */
  wake(): void {
    this.#wake();
  }

  resize(slots: number): void {
    this.#slots = slots;
    this.#wake();
  }

  quiet(by: Connection): void {
    this.#isQuiet = true;
    this.#wake();
    this.#pop.end(by).catch(() => {});
  }

  /** Bounded by the deadline of the blocking pop. */
  async stop(by: Connection): Promise<void> {
    this.#isQuiet = true;
    this.#wake();
    await this.#pop.end(by).catch(() => {});
    await this.#running;
    this.#pop.close();
  }

  async #run(): Promise<void> {
    while (!this.#isQuiet) {
      this.#turnedAt = Date.now();
      if (this.#options.inHand() >= this.#slots) {
        await this.#slotFree();
        continue;
      }
      try {
        const text = await this.#pop.pop();
        if (text !== undefined) await this.#take(text);
      } catch {
        await this.#pause(AFTER_FAILURE_MS);
      }
    }
  }

  async #take(text: string): Promise<void> {
    const { store, queue } = this.#options;
    if (this.#isQuiet) return store.pushBack(text);
    const entry = decodeEntry(text, queue);
    if ('fault' in entry) await store.setAside(text, entry.fault);
    else await this.#options.onEntry(entry);
  }

  async #slotFree(): Promise<void> {
    this.#isWaitingForSlot = true;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#isWaitingForSlot = false;
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }
}
