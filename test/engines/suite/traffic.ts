import type { Claim } from 'prodwork/engine/consumer';
import type { Lab } from '../../conformance/lab.ts';
import type { TestWorker } from '../../conformance/worker.ts';
import { until } from '../../support/until.ts';

const WORKERS = 2;
const SLOTS = 4;
/** Between two submits, and between two looks at what was claimed, ms. */
const PACE_MS = 5;

/** A steady stream of jobs through an engine, with books of its own: what was accepted, what started, what ended. */
export class Traffic {
  readonly accepted: string[] = [];
  /** Accepted or not: the answer was lost. */
  unknown = 0;
  readonly starts = new Map<string, number>();
  readonly ended = new Set<string>();
  /** Messages of errors that are none of those that an outage explains. */
  readonly odd = new Set<string>();
  /** When the last submit was accepted, and the last claim came in, epoch ms. */
  acceptedAt = 0;
  claimedAt = 0;
  readonly #lab: Lab;
  readonly #workers: TestWorker[] = [];
  readonly #running: Promise<void>[] = [];
  #isSubmitting = true;
  #isOver = false;

  private constructor(lab: Lab) {
    this.#lab = lab;
  }

  static async start(lab: Lab): Promise<Traffic> {
    const traffic = new Traffic(lab);
    for (let number = 0; number < WORKERS; number += 1) {
      const worker = await lab.worker({ slots: SLOTS });
      await lab.isListed(worker);
      traffic.#workers.push(worker);
      traffic.#running.push(traffic.#work(worker));
    }
    traffic.#running.push(traffic.#submit());
    await until('traffic', () => traffic.ended.size > 50, 20_000);
    return traffic;
  }

  /** Waits until something that was accepted after `at` was accepted, and something was claimed. */
  async flowsAgain(at: number): Promise<{ readonly submitMs: number; readonly claimMs: number }> {
    await until('submits to be accepted again', () => this.acceptedAt > at, 30_000);
    const submitMs = this.acceptedAt - at;
    const before = Math.max(at, this.claimedAt);
    await until('jobs to be claimed again', () => this.claimedAt > before, 30_000);
    return { submitMs, claimMs: this.claimedAt - at };
  }

  /** Submits no more. */
  async ebb(): Promise<void> {
    this.#isSubmitting = false;
  }

  async stop(): Promise<void> {
    this.#isSubmitting = false;
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async #submit(): Promise<void> {
    while (this.#isSubmitting) {
      try {
        const { id } = await this.#lab.submit();
        this.accepted.push(id);
        this.acceptedAt = Date.now();
      } catch (error) {
        this.#judge(error);
      }
      await pause(PACE_MS);
    }
  }

  async #work(worker: TestWorker): Promise<void> {
    let taken = 0;
    while (!this.#isOver) {
      for (const claim of worker.claims.slice(taken)) {
        taken += 1;
        this.claimedAt = Date.now();
        this.starts.set(claim.id, (this.starts.get(claim.id) ?? 0) + 1);
        void this.#finish(worker, claim);
      }
      await pause(PACE_MS);
    }
  }

  async #finish(worker: TestWorker, claim: Claim): Promise<void> {
    try {
      const answer = await worker.settle(claim, { kind: 'complete', resultJson: 'null' });
      if (answer === 'committed') this.ended.add(claim.id);
    } catch (error) {
      this.#judge(error);
    }
  }

  #judge(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'SUBMIT_UNKNOWN') this.unknown += 1;
    else if (code !== 'QUEUE_UNAVAILABLE') this.odd.add(message);
    if (/CROSSSLOT/.test(message)) this.odd.add(message);
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
