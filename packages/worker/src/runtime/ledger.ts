import { closeSync, openSync, writeSync } from 'node:fs';
import type { Claim } from 'prodwork/engine/consumer';
import type { Outcome } from 'prodwork/job/outcome';

/**
 * The books that a fault run is judged by, kept outside the queue. Each line is one write in append mode, made before
 * the next step is taken: a `kill -9` can end the file, but cannot leave a step out of its middle.
 */
export interface Ledger {
  started(claim: Claim): void;
  ended(claim: Claim): void;
  /**
   * The settle was answered `committed`. Final outcomes are written as `commit`; those after which the job goes on
   * (retry, release, crash) as `handback`, so that one job never has two commits for an honest reason.
   */
  committed(claim: Claim, outcome: Outcome['kind']): void;
  /** The settle was answered `lost`, or the lease was reported lost before it. */
  lost(claim: Claim): void;
  /** The settle got no answer: it may be recorded, or not (`commit?`, `handback?`). */
  unsure(claim: Claim, outcome: Outcome['kind']): void;
  close(): void;
}

export const noLedger: Ledger = {
  started: () => {},
  ended: () => {},
  committed: () => {},
  lost: () => {},
  unsure: () => {},
  close: () => {},
};

const isFinal = (outcome: Outcome['kind']): boolean =>
  outcome === 'complete' || outcome === 'bury' || outcome === 'cancel';

/**
 * @param onFault told when a line could not be written; the work goes on, the books are no longer whole.
 * @throws Error of the file system when the file cannot be opened.
 */
export function openLedger(path: string, worker: string, onFault: (error: unknown) => void): Ledger {
  let file: number | undefined = openSync(path, 'a');
  const append = (e: string, { id, generation, delivery, attempt, fence, type }: Claim, more: object): void => {
    if (file === undefined) return;
    const line = { e, id, generation, fence, ...more, type, delivery, attempt, worker, at: Date.now() };
    try {
      writeSync(file, `${JSON.stringify(line)}\n`);
    } catch (error) {
      onFault(error);
    }
  };
  return {
    started: (claim) => append('start', claim, {}),
    ended: (claim) => append('end', claim, {}),
    committed: (claim, outcome) => append(isFinal(outcome) ? 'commit' : 'handback', claim, { outcome }),
    lost: (claim) => append('lost', claim, {}),
    unsure: (claim, outcome) => append(isFinal(outcome) ? 'commit?' : 'handback?', claim, { outcome }),
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}
