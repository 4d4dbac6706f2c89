import type { Claim } from '../../engine/consumer.ts';
import type { Delivery, DeliveryOutcome, FinalState, Job, JobError } from '../../job/job.ts';
import type { Outcome } from '../../job/outcome.ts';
import { readStoredJson } from '../../job/stored-json.ts';
import type { Entry } from './entry.ts';

/** What is kept of a job that a worker runs, or that has ended: the job itself, as JSON. */
export function waitingJob(entry: Entry, queue: string): Job {
  const { id, type, createdAt, timeoutMs } = entry;
  return {
    id,
    type,
    queue,
    state: 'waiting',
    payload: readStoredJson(entry.payloadJson),
    priority: 'normal',
    attempts: 0,
    maxAttempts: 1,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    generation: 1,
    createdAt,
    deliveries: [],
  };
}

export function claimOf(entry: Entry, queue: string, now: number): Claim {
  const { id, type, payloadJson, timeoutMs } = entry;
  return {
    id,
    queue,
    type,
    payloadJson,
    priority: 'normal',
    maxAttempts: 1,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    createdAt: entry.createdAt || now,
    generation: 1,
    delivery: entry.deliveries + 1,
    attempt: 1,
    // This engine has none: 0 is below every fence that a database may hold.
    fence: 0,
    isSuspect: false,
  };
}

export function activeJob(entry: Entry, queue: string, worker: string, startedAt: number): Job {
  const delivery = { number: entry.deliveries + 1, attempt: 1, worker, fence: 0, startedAt };
  return { ...waitingJob(entry, queue), state: 'active', deliveries: [delivery] };
}

export interface Ending {
  readonly state: FinalState;
  readonly outcome: DeliveryOutcome;
  readonly cause?: string;
  readonly error?: JobError;
  readonly attempts: number;
}

/** How a delivery ends here; undefined: the job goes back to the list. */
export function endingOf(outcome: Outcome, isOnce: boolean, isAtLimit: boolean): Ending | undefined {
  switch (outcome.kind) {
    case 'complete':
      return { state: 'completed', outcome: 'completed', attempts: 1 };
    case 'retry':
    case 'bury':
      return { state: 'dead', outcome: 'failed', cause: outcome.error.code, error: outcome.error, attempts: 1 };
    case 'cancel':
      return { state: 'cancelled', outcome: 'cancelled', attempts: 0 };
    case 'release':
    case 'crash': {
      const how = {
        outcome: outcome.kind === 'crash' ? 'crashed' : 'released',
        cause: outcome.cause,
        attempts: 0,
      } as const;
      if (isOnce) return { state: 'abandoned', ...how };
      const message = `handed out too often; the last time ended: ${outcome.cause}`;
      return isAtLimit ? { state: 'dead', ...how, error: { code: 'DELIVERY_LIMIT', message } } : undefined;
    }
  }
}

export function endedJob(active: Job, ending: Ending, outcome: Outcome, endedAt: number): Job {
  const [begun] = active.deliveries;
  const ended: Delivery[] = begun
    ? [{ ...begun, endedAt, outcome: ending.outcome, ...(ending.cause === undefined ? {} : { cause: ending.cause }) }]
    : [];
  return {
    ...active,
    state: ending.state,
    attempts: ending.attempts,
    finishedAt: endedAt,
    deliveries: ended,
    ...(outcome.kind === 'complete' ? { result: readStoredJson(outcome.resultJson) } : {}),
    ...(outcome.kind === 'complete' && outcome.verified ? { verified: outcome.verified } : {}),
    ...(ending.error === undefined ? {} : { error: ending.error }),
  };
}

/** What a malformed element becomes, so that lists, counts and the dashboard show it. */
export function malformedJob(id: string, text: string, fault: string, queue: string, now: number): Job {
  const error = { code: 'INVALID_RECORD', message: `the entry of the list cannot be read: ${fault}` };
  const job = waitingJob({ id, type: 'malformed', payloadJson: '', createdAt: now, deliveries: 0 }, queue);
  return { ...job, payload: text, state: 'dead', error, finishedAt: now };
}

/** Records are written by this file alone; what does not look like one is not shown. */
export function readRecord(json: string | null | undefined): Job | undefined {
  const value = json ? readStoredJson(json) : undefined;
  const isRecord = typeof value === 'object' && value !== null && 'id' in value && 'state' in value;
  return isRecord ? (value as Job) : undefined;
}
