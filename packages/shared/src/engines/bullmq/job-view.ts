import {
  DELIVERY_OUTCOMES,
  type Delivery,
  type DeliveryOutcome,
  JOB_STATES,
  type Job,
  type JobError,
} from '../../job/job.ts';
import { LIMITS } from '../../job/limits.ts';
import { priorityOf } from './layout.ts';

/** How a job ended, as far as BullMQ has no place for it; the JSON of `pw:end`. */
export interface EndNote {
  readonly error?: JobError;
  readonly verified?: { readonly at: number; readonly evidence: unknown };
}

/** Reads one element of the reply of `show`; undefined when there is no such job. */
export function jobOf(shown: unknown, id: string, queue: string): Job | undefined {
  if (!Array.isArray(shown)) return undefined;
  const [stateText, delayedScore, flat] = shown;
  const state = JOB_STATES.find((known) => known === stateText);
  if (state === undefined || !Array.isArray(flat)) return undefined;
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < flat.length; at += 2) fields.set(String(flat[at]), String(flat[at + 1]));
  const number = (name: string): number => Number(fields.get(name) ?? 0) || 0;
  const options = object(parsed(fields.get('opts')));
  const own = object(options.prodwork);
  const note = object(parsed(fields.get('pw:end')));
  const deliveries = (fields.get('pw:log') ?? '').split('\n').flatMap(deliveryOf);
  const result = fields.get('returnvalue');
  const progress = fields.get('progress');
  const error = errorOf(note, fields.get('failedReason'));
  const isOver = state === 'completed' || state === 'dead' || state === 'cancelled';
  return {
    id,
    queue,
    state,
    type: fields.get('name') ?? '',
    payload: parsed(fields.get('data')),
    priority: priorityOf(number('priority')),
    // Jobs that a plain BullMQ worker ran have no counter of ours.
    attempts: fields.has('pw:deliveries') ? number('pw:attempts') : number('atm'),
    maxAttempts: whole(options.attempts) ?? 1,
    generation: number('pw:generation') || 1,
    createdAt: number('timestamp'),
    deliveries,
    ...(state === 'completed' && result !== undefined ? { result: parsed(result) } : {}),
    ...(state === 'completed' && note.verified ? { verified: verifiedOf(note.verified) } : {}),
    ...(error !== undefined && state !== 'completed' && state !== 'cancelled' ? { error } : {}),
    ...(whole(own.timeoutMs) ? { timeoutMs: whole(own.timeoutMs) ?? 0 } : {}),
    ...(progress === undefined || progress === '0' ? {} : { progress: parsed(progress) }),
    // BullMQ keeps the due time in the upper bits of the score.
    ...(state === 'scheduled' ? { runAt: Math.floor(Number(delayedScore) / 0x1000) } : {}),
    ...(isOver ? { finishedAt: number('finishedOn') } : {}),
    ...(state === 'active' && fields.has('pw:cancel') ? { cancelRequested: true } : {}),
  };
}

function deliveryOf(line: string): Delivery[] {
  const [number, attempt, worker, fence, startedAt, endedAt, outcome, cause] = line.split(',');
  if (worker === undefined || startedAt === undefined) return [];
  const begun = {
    number: Number(number),
    attempt: Number(attempt),
    worker,
    fence: Number(fence),
    startedAt: Number(startedAt),
  };
  if (!isOutcome(outcome)) return [begun];
  return [{ ...begun, endedAt: Number(endedAt), outcome, ...(cause ? { cause } : {}) }];
}

function errorOf(note: Readonly<Record<string, unknown>>, reason: string | undefined): JobError | undefined {
  const { code, message } = object(note.error);
  if (typeof code === 'string' && typeof message === 'string') return { code, message };
  if (reason === undefined || reason === '') return undefined;
  return { code: 'HANDLER_FAILED', message: reason.slice(0, LIMITS.errorMessageChars) };
}

function verifiedOf(value: unknown): { readonly at: number; readonly evidence: unknown } {
  const { at, evidence } = object(value);
  return { at: Number(at), evidence };
}

const isOutcome = (text: string | undefined): text is DeliveryOutcome =>
  DELIVERY_OUTCOMES.some((outcome) => outcome === text);

const whole = (value: unknown): number | undefined => (Number.isSafeInteger(value) ? Number(value) : undefined);

function object(value: unknown): Readonly<Record<string, unknown>> {
  // Read by name only, and each value is looked at before it is used.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function parsed(json: string | undefined): unknown {
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
