import type { Claim } from 'prodwork/engine/consumer';
import { backoffDelayMs, DEFAULT_BACKOFF } from 'prodwork/job/backoff';
import type { JobError } from 'prodwork/job/job';
import type { Outcome, SettleAnswer } from 'prodwork/job/outcome';
import type { Log } from 'prodwork/log';
import { cut, messageOf } from './failure.ts';
import type { Ledger } from './ledger.ts';
import type { Metrics } from './metrics.ts';

export interface SettleOptions {
  readonly settle: (claim: Claim, outcome: Outcome) => Promise<SettleAnswer>;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
}

/** Tells the queue what became of a delivery, and keeps the books of the answer. Never rejects. */
export async function settle(
  { settle: send, log, ledger, metrics }: SettleOptions,
  claim: Claim,
  outcome: Outcome,
  durationMs: number,
): Promise<void> {
  let answer: SettleAnswer;
  try {
    answer = await send(claim, outcome);
  } catch (err) {
    // Only a stopped consumer refuses to go on trying. The job is safe: unless this reached Redis, it is started again.
    ledger.unsure(claim, outcome.kind);
    metrics.settled(claim.type, 'unknown');
    log.warn({ err, outcome: outcome.kind }, 'job end not answered');
    return;
  }
  if (answer === 'lost') {
    ledger.lost(claim);
    metrics.settled(claim.type, 'lost');
    log.warn({ durationMs, outcome: outcome.kind }, 'job lost: the lease was gone, nothing was written');
    return;
  }
  ledger.committed(claim, outcome.kind);
  metrics.settled(claim.type, outcome.kind);
  logEnd(log, claim, outcome, durationMs);
}

function logEnd(log: Log, { maxAttempts }: Claim, outcome: Outcome, durationMs: number): void {
  switch (outcome.kind) {
    case 'complete':
      log.info({ durationMs }, 'job completed');
      break;
    case 'retry':
      log.warn(
        { ...told(outcome.error), maxAttempts, nextTryMs: outcome.delayMs, durationMs },
        'job failed, will be tried again',
      );
      break;
    case 'bury':
      log.error({ ...told(outcome.error), maxAttempts, durationMs }, 'job failed, now dead');
      break;
    case 'release':
      log.info({ cause: outcome.cause, durationMs }, 'job handed back');
      break;
    case 'crash':
      log.error({ cause: outcome.cause, durationMs }, 'job killed its own process');
      break;
    case 'cancel':
      log.info({ durationMs }, 'job cancelled');
  }
}

/** An error as the log shows it: a message may quote the payload's author at length, so it is kept short. */
const told = ({ code, message }: JobError): object => ({ code, reason: cut(message, 200) });

/**
 * For a type that this worker has no handler for. Engines that route by type never hand one over; with the others
 * another worker may know it, so it waits for its next attempt, and is dead when none is left.
 */
export function unknownType({ type, attempt, maxAttempts }: Claim): Outcome {
  const error = { code: 'UNKNOWN_TYPE', message: cut(`no handler for the type ${JSON.stringify(type)}`) };
  if (attempt >= maxAttempts) return { kind: 'bury', error };
  return { kind: 'retry', error, delayMs: backoffDelayMs(DEFAULT_BACKOFF, attempt) };
}

/** A fault in prodwork itself: the job is handed back rather than blamed. */
export const ownFault = (error: unknown): Outcome => ({
  kind: 'release',
  cause: cut(`INTERNAL: ${messageOf(error)}`, 200),
});
