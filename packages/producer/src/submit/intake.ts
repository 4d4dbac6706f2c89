import { createHash } from 'node:crypto';
import type { NewJob } from 'prodwork/engine/submitter';
import { ProdworkError } from 'prodwork/errors';
import { PRIORITIES, type Priority } from 'prodwork/job/job';
import { LIMITS } from 'prodwork/job/limits';
import { isChosenId, isName, JOB_ID_PATTERN, NAME_PATTERN } from 'prodwork/job/names';
import type { Catalog } from './catalog.ts';
import { faultsOf, shown } from './rules.ts';

export interface IntakeOptions {
  readonly catalog: Catalog;
  /** Queue of a body that names none. */
  readonly queue: string;
  /** Epoch ms. */
  readonly now: number;
  readonly idempotencyKey?: string;
  /** The caller makes a repeat known by other means than an id or a key, and needs the fingerprint all the same. */
  readonly isFingerprinted?: boolean;
}

const FIELDS = new Set(['type', 'payload', 'queue', 'id', 'delayMs', 'runAt', 'priority', 'maxAttempts', 'timeoutMs']);
/** Printable ASCII: header values carry nothing else unharmed. */
const KEY = /^[\x20-\x7e]{1,255}$/;

/**
 * Turns what a caller sent into a job that is ready to be stored; every rule of `POST /api/jobs` is here.
 * @throws ProdworkError naming the field and the rule.
 */
export function readNewJob(body: unknown, options: IntakeOptions): NewJob {
  if (!isRecord(body))
    throw new ProdworkError('INVALID_BODY', 'The body must be a JSON object.', { rule: 'an object' });
  for (const name of Object.keys(body)) if (!FIELDS.has(name)) refuse(shown(name), 'no such field');
  const { type, payload = {}, queue = options.queue, id, priority = 'normal', maxAttempts, timeoutMs } = body;

  if (type === undefined) refuse('type', 'is required');
  const entry = typeof type === 'string' ? options.catalog.get(type) : undefined;
  if (entry === undefined) {
    const known = [...options.catalog.keys()].join(', ');
    throw new ProdworkError('UNKNOWN_TYPE', `No job type ${JSON.stringify(shown(String(type)))}; there are ${known}.`, {
      field: 'type',
      rule: `one of ${known}`,
    });
  }
  if (typeof queue !== 'string' || !isName(queue)) throw refuse('queue', `must match ${NAME_PATTERN}`);
  if (id !== undefined && (typeof id !== 'string' || !isChosenId(id)))
    throw refuse('id', `must match ${JOB_ID_PATTERN}`);
  if (!isPriority(priority)) throw refuse('priority', `must be one of ${PRIORITIES.join(', ')}`);
  const key = options.idempotencyKey;
  if (key !== undefined && !KEY.test(key)) refuse('Idempotency-Key', 'must be 1 to 255 printable ASCII characters');
  const attempts = whole('maxAttempts', maxAttempts, 1, LIMITS.maxAttempts) ?? entry.definition.maxAttempts;
  const timeout = whole('timeoutMs', timeoutMs, LIMITS.timeoutMs.min, LIMITS.timeoutMs.max);
  const runAt = readRunAt(body, options.now);

  const payloadJson = JSON.stringify(payload);
  const { payloadBytes } = entry.definition.limits;
  if (Buffer.byteLength(payloadJson) > payloadBytes) {
    const rule = `at most ${payloadBytes} bytes as JSON`;
    throw new ProdworkError('BODY_TOO_LARGE', `The payload is too large: ${rule}.`, { field: 'payload', rule });
  }
  if (!entry.check.Check(payload)) {
    const [fault] = faultsOf(entry.check.Errors(payload), 'payload');
    const { field, rule } = fault ?? { field: 'payload', rule: `must fit the type ${entry.definition.type}` };
    throw new ProdworkError('INVALID_PAYLOAD', `${field} ${rule}.`, { field, rule });
  }
  const job = {
    queue,
    type: entry.definition.type,
    payloadJson,
    priority,
    maxAttempts: attempts,
    delivery: entry.definition.delivery,
  };
  // A digest per job costs more than its check: where nothing can be repeated, nothing has to be compared.
  const isRepeatable = options.isFingerprinted === true || id !== undefined || key !== undefined;
  if (!isRepeatable && timeout === undefined && runAt === undefined) return job;
  return {
    ...job,
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(runAt !== undefined && { runAt }),
    ...(typeof id === 'string' && { id }),
    ...(key !== undefined && { idempotencyKey: key }),
    ...(isRepeatable && { fingerprint: fingerprint({ ...body, payload, queue, priority }) }),
  };
}

/** The same text for the same body, whatever the order of its keys. */
export function fingerprint(body: object): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(body)))
    .digest('base64url')
    .slice(0, 22);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, sorted(value[key])]);
}

function readRunAt(body: Readonly<Record<string, unknown>>, now: number): number | undefined {
  if (body.delayMs !== undefined && body.runAt !== undefined) refuse('runAt', 'give delayMs or runAt, not both');
  const delay = whole('delayMs', body.delayMs, 0, LIMITS.delayMs);
  if (delay !== undefined) return delay === 0 ? undefined : now + delay;
  if (body.runAt === undefined) return undefined;
  const at = typeof body.runAt === 'string' ? isoTime(body.runAt) : body.runAt;
  const latest = now + LIMITS.delayMs;
  if (typeof at !== 'number' || !Number.isInteger(at) || at < 0 || at > latest) {
    throw refuse(
      'runAt',
      `must be epoch milliseconds or an ISO 8601 time with its zone, up to ${latest} (a year ahead)`,
    );
  }
  return at;
}

function isoTime(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
}

function whole(field: string, value: unknown, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw refuse(field, `must be a whole number from ${min} to ${max}`);
  }
  return value;
}

const isPriority = (value: unknown): value is Priority => PRIORITIES.some((priority) => priority === value);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param rule what is wrong or what must be, made to follow the field's name. */
function refuse(field: string, rule: string): never {
  const joint = /^(must|is) /.test(rule) ? ' ' : ': ';
  throw new ProdworkError('INVALID_FIELD', `${field}${joint}${rule}.`, { field, rule });
}
