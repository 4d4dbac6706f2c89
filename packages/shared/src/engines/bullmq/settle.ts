import { type Job, UnrecoverableError } from 'bullmq';
import type { Claim } from '../../engine/consumer.ts';
import type { DeliveryOutcome, JobError } from '../../job/job.ts';
import { LIMITS } from '../../job/limits.ts';
import type { Outcome, SettleAnswer } from '../../job/outcome.ts';
import type { Connection } from '../../redis/connections.ts';
import { runScript } from '../../redis/script.ts';
import type { EndNote } from './job-view.ts';
import type { QueueKeys } from './layout.ts';
import { aftermath, finish, front } from './scripts.ts';

/** A job in hand: what BullMQ knows it by. */
export interface Held {
  readonly claim: Claim;
  readonly job: Job;
  readonly token: string;
  readonly names: readonly string[];
}

/** Codes with which BullMQ's scripts refuse who does not hold the lock: no job, no lock, not active, another's lock. */
const LOST_CODES: ReadonlySet<unknown> = new Set([-1, -2, -3, -6]);
export const isLost = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && LOST_CODES.has(error.code);

export interface SettleContext {
  readonly connection: Connection;
  readonly keys: QueueKeys;
  readonly deliveryLimit: number;
  /** Failed jobs that are kept, at most. */
  readonly keepCount: number;
}

/** Writes down how the delivery ended, lets BullMQ make the move, and does what follows. May be repeated. */
export async function settle(context: SettleContext, held: Held, outcome: Outcome): Promise<SettleAnswer> {
  const { connection, keys } = context;
  const isAtLimit = held.claim.delivery >= context.deliveryLimit;
  const ending = endingOf(outcome, isAtLimit);
  const { claim, token } = held;
  const args = [token, claim.fence, ending.outcome, cause(ending.cause), ending.attempts];
  const note = JSON.stringify(ending.note);
  // Asked of the outcome, not of the move: a job whose cancel was asked for is cancelled at its delivery limit too.
  const goesOn = outcome.kind === 'retry' || outcome.kind === 'release' || outcome.kind === 'crash' ? '1' : '0';
  const reply = await runScript(
    connection,
    finish,
    [keys.of(claim.id), keys.of('pw-totals')],
    [...args, note, goesOn, '{}'],
  );
  const tag = Array.isArray(reply) ? reply[0] : undefined;
  if (tag === 'lost') return 'lost';
  const move = tag === 'cancelled' ? 'cancel' : ending.move;
  try {
    await makeMove(context, held, outcome, move, move === ending.move ? ending.note.error : undefined);
  } catch (error) {
    if (isLost(error)) return 'lost';
    throw error;
  }
  await followUp(context, held.names, move, claim.id);
  return 'committed';
}

/** Ends a job that is not to be handed out again: a cancel was asked for, or it was started too often. */
export async function endUnstarted(
  context: SettleContext,
  { job, token, names }: Pick<Held, 'job' | 'token' | 'names'>,
  move: 'bury' | 'cancel',
): Promise<void> {
  await job.moveToFailed(
    withoutStack(new UnrecoverableError(move === 'bury' ? LIMIT.message : 'cancelled')),
    token,
    false,
  );
  await followUp(context, names, move, job.id ?? '');
}

export const LIMIT: JobError = {
  code: 'DELIVERY_LIMIT',
  message: 'started too often; the last start ended: WORKER_DIED',
};

async function followUp(
  { connection, keys, keepCount }: SettleContext,
  names: readonly string[],
  move: Move,
  id: string,
): Promise<void> {
  const counter = move === 'complete' ? 'completed' : move === 'bury' ? 'dead' : '';
  const isFinal = move === 'complete' || move === 'bury' || move === 'cancel';
  const places = [keys.of('pw-totals'), keys.of('pw-cancelled'), ...(isFinal ? names : [])];
  const args = [counter, move === 'cancel' ? id : '', LIMITS.rememberMs, keepCount];
  await runScript(connection, aftermath, places, args);
}

type Move = 'complete' | 'retry' | 'bury' | 'cancel' | 'back';

interface Ending {
  readonly move: Move;
  readonly outcome: DeliveryOutcome;
  readonly cause: string;
  readonly attempts: 0 | 1;
  readonly note: EndNote;
}

function endingOf(outcome: Outcome, isAtLimit: boolean): Ending {
  const limit = (why: string): EndNote => ({
    error: { code: 'DELIVERY_LIMIT', message: `started too often; the last start ended: ${why}` },
  });
  switch (outcome.kind) {
    case 'complete':
      return {
        move: 'complete',
        outcome: 'completed',
        cause: '',
        attempts: 1,
        note: outcome.verified ? { verified: outcome.verified } : {},
      };
    case 'retry': {
      const failed = { outcome: 'failed', cause: outcome.error.code, attempts: 1 } as const;
      if (isAtLimit) return { ...failed, move: 'bury', note: limit(outcome.error.code) };
      return { ...failed, move: 'retry', note: { error: outcome.error } };
    }
    case 'bury':
      return {
        move: 'bury',
        outcome: 'failed',
        cause: outcome.error.code,
        attempts: 1,
        note: { error: outcome.error },
      };
    case 'cancel':
      return { move: 'cancel', outcome: 'cancelled', cause: '', attempts: 0, note: {} };
    case 'release':
    case 'crash': {
      const how = {
        outcome: outcome.kind === 'crash' ? 'crashed' : 'released',
        cause: outcome.cause,
        attempts: 0,
      } as const;
      return isAtLimit ? { ...how, move: 'bury', note: limit(outcome.cause) } : { ...how, move: 'back', note: {} };
    }
  }
}

async function makeMove(
  { connection, keys }: SettleContext,
  { job, token, claim }: Held,
  outcome: Outcome,
  move: Move,
  error: JobError | undefined,
): Promise<void> {
  const reason = error?.message ?? 'cancelled';
  switch (move) {
    case 'complete':
      await job.moveToCompleted(outcome.kind === 'complete' ? JSON.parse(outcome.resultJson) : null, token, false);
      return;
    case 'retry':
      // The worker decides when; BullMQ reads it from the options of this object, which nobody stores.
      job.opts.backoff = { type: 'fixed', delay: outcome.kind === 'retry' ? outcome.delayMs : 0 };
      job.opts.attempts = Number.MAX_SAFE_INTEGER;
      await job.moveToFailed(withoutStack(new Error(reason)), token, false);
      return;
    case 'bury':
    case 'cancel':
      await job.moveToFailed(withoutStack(new UnrecoverableError(reason)), token, false);
      return;
    case 'back':
      await job.moveToWait(token);
      await runScript(connection, front, ['prioritized', 'marker', 'meta'].map(keys.of), [claim.id, job.priority]);
  }
}

/** Where our own error was made says nothing about the handler's. */
function withoutStack(error: Error): Error {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

/** A cause stands in a line of comma-separated fields. */
const cause = (text: string): string => text.replace(/[^A-Za-z0-9_.: -]/g, '_').slice(0, 64);
