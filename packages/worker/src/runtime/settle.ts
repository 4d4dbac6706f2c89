import type { Claim } from 'prodwork/engine/consumer';
import { backoffDelayMs, DEFAULT_BACKOFF } from 'prodwork/job/backoff';
import type { JobError } from 'prodwork/job/job';
import type { Outcome, SettleAnswer } from 'prodwork/job/outcome';
import { type Log, repeatedInfo } from 'prodwork/log';
import { cut, messageOf } from './failure.ts';
import type { Ledger } from './ledger.ts';
import type { Metrics } from './metrics.ts';

export interface SettleParts {
  readonly settle: (claim: Claim, outcome: Outcome) => Promise<SettleAnswer>;
  readonly ledger: Ledger;
  readonly metrics: Metrics;
}

/** Logs that a job completed. */
export type LogCompleted = (claim: Claim, durationMs: number) => void;

export interface SettledParts extends SettleParts {
  readonly logCompleted: LogCompleted;
}

/** Keeps the books of what the queue answered to a settle. */
export function settled(
  { ledger, metrics, logCompleted }: SettledParts,
  log: Log,
  claim: Claim,
  outcome: Outcome,
  durationMs: number,
  answer: SettleAnswer,
): void {
  if (answer === 'lost') {
    ledger.lost(claim);
    metrics.settled(claim.type, 'lost');
    log.warn(
      { ...namesOf(claim), durationMs, outcome: outcome.kind },
      'job lost: the lease was gone, nothing was written',
    );
    return;
  }
  ledger.committed(claim, outcome.kind);
  metrics.settled(claim.type, outcome.kind);
  if (outcome.kind === 'complete') logCompleted(claim, durationMs);
  else logEnd(log, claim, outcome, durationMs);
}

/** Only a stopped consumer refuses to go on trying. The job is safe: unless this reached Redis, it is started again. */
export function unsettled(
  { ledger, metrics }: SettleParts,
  log: Log,
  claim: Claim,
  outcome: Outcome,
  err: unknown,
): void {
  ledger.unsure(claim, outcome.kind);
  metrics.settled(claim.type, 'unknown');
  log.warn({ ...namesOf(claim), err, outcome: outcome.kind }, 'job end not answered');
}

/** What tells one delivery from another in a log. A logger per job with these bound to it would cost more than its line. */
export const namesOf = ({ id, type, queue, attempt, delivery }: Claim): DeliveryNames => ({
  jobId: id,
  type,
  queue,
  attempt,
  delivery,
});

export interface DeliveryNames {
  readonly jobId: string;
  readonly type: string;
  readonly queue: string;
  readonly attempt: number;
  readonly delivery: number;
}

/** The one line that nearly every job leaves. What the jobs of a type share in it is printed once, not for each of them. */
export function completedLines(log: Log): LogCompleted {
  const lines = new Map<string, ReturnType<typeof repeatedInfo>>();
  return ({ id, type, queue, attempt, delivery }, durationMs) => {
    let line = lines.get(type);
    if (line === undefined) {
      line = repeatedInfo(log.child({ type, queue }), 'job completed', ['jobId', 'attempt', 'delivery', 'durationMs']);
      lines.set(type, line);
    }
    line(id, attempt, delivery, durationMs);
  };
}

function logEnd(log: Log, claim: Claim, outcome: Exclude<Outcome, { kind: 'complete' }>, durationMs: number): void {
  const { id: jobId, type, queue, attempt, delivery, maxAttempts } = claim;
  const names = { jobId, type, queue, attempt, delivery, durationMs };
  switch (outcome.kind) {
    case 'retry':
      log.warn(
        { ...names, ...told(outcome.error), maxAttempts, nextTryMs: outcome.delayMs },
        'job failed, will be tried again',
      );
      break;
    case 'bury':
      log.error({ ...names, ...told(outcome.error), maxAttempts }, 'job failed, now dead');
      break;
    case 'release':
      log.info({ ...names, cause: outcome.cause }, 'job handed back');
      break;
    case 'crash':
      log.error({ ...names, cause: outcome.cause }, 'job killed its own process');
      break;
    case 'cancel':
      log.info(names, 'job cancelled');
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
