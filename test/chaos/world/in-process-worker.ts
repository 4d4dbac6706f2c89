import { randomUUID } from 'node:crypto';
import type { Claim, Consumer } from 'prodwork/engine/consumer';
import type { Engine } from 'prodwork/engine/engine';

/** A worker's side of the engine inside this process: for what is measured call by call, or held in great number. */
export class InProcessWorker {
  readonly held: Claim[] = [];
  readonly #consumer: Consumer;
  #onClaim: ((claim: Claim) => void) | undefined;

  constructor(engine: Engine, queue: string, name: string, slots: number) {
    this.#consumer = engine.consumer({
      options: {
        ...{ name, queue, slots, incarnation: randomUUID(), host: 'localhost', pid: process.pid, version: '0.0.0' },
        types: [{ type: 'work', delivery: 'at-least-once' }],
      },
      events: {
        onClaims: (claims) => {
          for (const claim of claims) {
            this.held.push(claim);
            this.#onClaim?.(claim);
          }
        },
        onCancel: () => {},
        onLost: () => {},
        onFatal: (error) => {
          throw error;
        },
      },
      vitals: () => ({ state: 'running', rssBytes: 0, memoryLimitBytes: 0, loopLagMs: 0 }),
    });
  }

  start(): Promise<void> {
    return this.#consumer.start();
  }

  stop(): Promise<void> {
    return this.#consumer.stop();
  }

  /** Completes so many jobs as they come; resolves when each is recorded. */
  complete(count: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    let begun = 0;
    let recorded = 0;
    const end = (claim: Claim): void => {
      if (begun++ >= count) return;
      this.held.splice(this.held.indexOf(claim), 1);
      this.#consumer.settle(claim, { kind: 'complete', resultJson: '{}' }).then(() => {
        recorded++;
        if (recorded === count) over.resolve();
      }, over.reject);
    };
    this.#onClaim = end;
    for (const claim of [...this.held]) end(claim);
    return over.promise;
  }
}
