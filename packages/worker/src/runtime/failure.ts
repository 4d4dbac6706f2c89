import { inspect } from 'node:util';
import { type ErrorCode, ProdworkError } from 'prodwork/errors';
import { PermanentError } from 'prodwork/job/handle';
import type { JobError } from 'prodwork/job/job';
import { LIMITS } from 'prodwork/job/limits';

/** How an attempt failed. A permanent failure buries the job whatever attempts are left. */
export interface Failure {
  readonly error: JobError;
  readonly isPermanent: boolean;
}

/** A child process that ran a job alone has died: the job's doing, but no attempt that came to an end. */
export class ChildDied extends Error {
  override readonly name = 'ChildDied';
}

/** What failed in a child process, carried over as it was judged there. */
export class FailedElsewhere extends Error {
  override readonly name = 'FailedElsewhere';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.error.message);
    this.failure = failure;
  }
}

export const failure = (code: ErrorCode, message: string, isPermanent = false): Failure => ({
  error: { code, message: cut(message) },
  isPermanent,
});

/**
 * What a handler threw, made safe to keep: a code, and a message of bounded length. Stacks stay in the log.
 * @param fallback the code for anything that does not name its own.
 */
export function failureOf(thrown: unknown, fallback: ErrorCode): Failure {
  if (thrown instanceof FailedElsewhere) return thrown.failure;
  const isPermanent = thrown instanceof PermanentError || (thrown instanceof Error && thrown.name === 'PermanentError');
  return failure(codeOf(thrown) ?? fallback, messageOf(thrown), isPermanent);
}

function codeOf(thrown: unknown): ErrorCode | undefined {
  if (thrown instanceof ProdworkError) return thrown.code;
  return thrown instanceof Error && thrown.cause instanceof ProdworkError ? thrown.cause.code : undefined;
}

/** The message of anything that can be thrown; never throws itself, whatever getters the value has. */
export function messageOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return String(thrown.message) || thrown.name;
    return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 1, maxStringLength: 1_000 });
  } catch {
    return 'something was thrown that cannot be shown';
  }
}

export function cut(message: string, max: number = LIMITS.errorMessageChars): string {
  if (message.length <= max) return message.toWellFormed();
  const mark = ` [cut: ${message.length} characters]`;
  return message.slice(0, max - mark.length).toWellFormed() + mark;
}
