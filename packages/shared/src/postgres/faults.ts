import { DatabaseError } from 'pg';
import { type ErrorCode, ProdworkError } from '../errors.ts';

/** What a failed query means for the caller. */
export type PostgresFault =
  /** Not reached, starting, stopping, or the connection broke: trying again later makes sense. */
  | 'unavailable'
  /** Reached, but writes are refused: a standby, or `default_transaction_read_only`. */
  | 'read-only'
  /** No room on disk or in memory. */
  | 'full'
  /** Ran past its time limit, or waited too long for a lock. */
  | 'timeout'
  /** Lost against another transaction: the same transaction may simply be run again. */
  | 'conflict'
  /** Credentials or database name are wrong, or a right is missing. */
  | 'denied'
  /** Anything else: most likely a mistake of ours. */
  | 'other';

const BY_STATE: readonly (readonly [RegExp, PostgresFault])[] = [
  [/^(08|57P0)/, 'unavailable'],
  [/^(53300|53400)$/, 'unavailable'],
  [/^25006$/, 'read-only'],
  [/^53[12]00$/, 'full'],
  // The server reports a disk that filled up while it extends a file as an I/O error in some paths.
  [/^58030$/, 'full'],
  [/^(57014|55P03|25P0[34])$/, 'timeout'],
  [/^40(001|P01)$/, 'conflict'],
  [/^(28|3D000|42501)/, 'denied'],
];

/** Thrown by our own pool when no answer came in time; the connection was dropped. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);

export function postgresFault(error: unknown): PostgresFault {
  if (error instanceof DatabaseError) {
    const state = error.code ?? '';
    return BY_STATE.find(([pattern]) => pattern.test(state))?.[1] ?? 'other';
  }
  if (error instanceof NoAnswerError) return 'unavailable';
  if (error instanceof AggregateError) return postgresFault(error.errors[0]);
  if (!(error instanceof Error)) return 'other';
  if ('code' in error && typeof error.code === 'string' && NETWORK.has(error.code)) return 'unavailable';
  // The driver's own words for a connection that ended under a query.
  if (
    /Connection terminated|Client has encountered a connection error|not queryable|timeout exceeded/.test(error.message)
  ) {
    return 'unavailable';
  }
  return 'other';
}

/** True when the connection may be used again: what failed was the statement, or our own code between two statements. */
export const leavesConnectionUsable = (error: unknown): boolean => postgresFault(error) !== 'unavailable';

const CODE: { readonly [fault in PostgresFault]: ErrorCode } = {
  unavailable: 'DATABASE_UNAVAILABLE',
  'read-only': 'DATABASE_READ_ONLY',
  full: 'DATABASE_FULL',
  timeout: 'DATABASE_TIMEOUT',
  conflict: 'DATABASE_UNAVAILABLE',
  denied: 'DATABASE_UNAVAILABLE',
  other: 'INTERNAL',
};

/** The error that a caller of an HTTP API may see: no SQL, no host names, no values. */
export function publicError(error: unknown): ProdworkError {
  if (error instanceof ProdworkError) return error;
  const fault = postgresFault(error);
  const retryAfterSeconds = fault === 'unavailable' || fault === 'conflict' ? 2 : 10;
  return new ProdworkError(
    CODE[fault],
    undefined,
    fault === 'other' ? { cause: error } : { cause: error, retryAfterSeconds },
  );
}

/** One line for the log: what went wrong, without the values that Postgres quotes in its details. */
export function faultLine(error: unknown): string {
  if (error instanceof AggregateError) return faultLine(error.errors[0]);
  if (error instanceof DatabaseError) return `${error.message} (SQLSTATE ${error.code ?? 'none'})`;
  return error instanceof Error ? error.message : String(error);
}
