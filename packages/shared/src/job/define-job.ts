import type { Static, TSchema } from 'typebox';
import { ProdworkError } from '../errors.ts';
import { type Backoff, DEFAULT_BACKOFF } from './backoff.ts';
import type { DeliveryMode } from './job.ts';
import { LIMITS } from './limits.ts';
import { isName, NAME_PATTERN } from './names.ts';

/** What `defineJob` takes. Everything but `type` and `input` has a default. */
export interface JobOptions<Input extends TSchema, Output extends TSchema> {
  /** `^[a-z0-9][a-z0-9_-]{0,63}$`; the name in the API, the form and on the wire. */
  readonly type: string;
  /** One line for people, shown in the form. */
  readonly title?: string;
  readonly description?: string;
  /** Schema of the payload: the form, the API's validation, OpenAPI and the worker's own check come from it. */
  readonly input: Input;
  /** Schema of the result. Absent: any JSON. A result that does not fit is a failed attempt (`INVALID_RESULT`). */
  readonly output?: Output;
  /** Longest run of one attempt, ms. Default 60,000. Too low kills good work; too high lets stuck work hold a slot. */
  readonly timeoutMs?: number;
  /** Attempts before the job is dead, 1 to 20. Default 3. */
  readonly maxAttempts?: number;
  readonly backoff?: Backoff;
  /** Default `at-least-once`. */
  readonly delivery?: DeliveryMode;
  readonly limits?: {
    /** Largest payload as JSON text, bytes. Default 262,144. */
    readonly payloadBytes?: number;
    /** Largest result as JSON text, bytes. Default 262,144. */
    readonly resultBytes?: number;
  };
}

/** A job type as data, every default filled in. */
export interface JobDefinition<Input extends TSchema = TSchema, Output extends TSchema = TSchema> {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output | undefined;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  readonly delivery: DeliveryMode;
  readonly limits: { readonly payloadBytes: number; readonly resultBytes: number };
}

export type PayloadOf<D> = D extends JobDefinition<infer Input, TSchema> ? Static<Input> : never;
export type ResultOf<D> = D extends JobDefinition<TSchema, infer Output> ? Static<Output> : never;

/**
 * Defines a job type once.
 * @throws ProdworkError `PRODWORK_JOB_DEFINITION` naming the field and its bounds.
 */
export function defineJob<Input extends TSchema, Output extends TSchema = TSchema>(
  options: JobOptions<Input, Output>,
): JobDefinition<Input, Output> {
  const { type, timeoutMs = 60_000, maxAttempts = 3 } = options;
  const refuse = (field: string, rule: string): never => {
    throw new ProdworkError('PRODWORK_JOB_DEFINITION', `job type ${JSON.stringify(type)}: ${field} ${rule}`, {
      field,
      rule,
    });
  };
  if (!isName(type)) refuse('type', `must match ${NAME_PATTERN}`);
  if (!Number.isInteger(timeoutMs) || timeoutMs < LIMITS.timeoutMs.min || timeoutMs > LIMITS.timeoutMs.max) {
    refuse('timeoutMs', `must be a whole number from ${LIMITS.timeoutMs.min} to ${LIMITS.timeoutMs.max}`);
  }
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1 || maxAttempts > LIMITS.maxAttempts) {
    refuse('maxAttempts', `must be a whole number from 1 to ${LIMITS.maxAttempts}`);
  }
  return {
    type,
    title: options.title ?? type,
    description: options.description ?? '',
    input: options.input,
    output: options.output,
    timeoutMs,
    maxAttempts,
    backoff: options.backoff ?? DEFAULT_BACKOFF,
    delivery: options.delivery ?? 'at-least-once',
    limits: {
      payloadBytes: options.limits?.payloadBytes ?? LIMITS.payloadBytes,
      resultBytes: options.limits?.resultBytes ?? LIMITS.resultBytes,
    },
  };
}
