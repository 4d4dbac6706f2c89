/**
 * Every error that prodwork itself raises or answers with: one table, one class.
 * `docs/errors.md` is compared with this table by a test. A code is never used for anything else again.
 *
 * Codes of answers and of jobs are plain (`QUEUE_FULL`); codes that stop a process begin with `PRODWORK_`.
 */
export const ERRORS = {
  // Answers of the HTTP API
  INVALID_BODY: { status: 400, title: 'The body cannot be read' },
  INVALID_PAYLOAD: { status: 400, title: 'The payload does not fit the type' },
  INVALID_FIELD: { status: 400, title: 'A field breaks its rule' },
  UNKNOWN_TYPE: { status: 400, title: 'No such job type' },
  UNAUTHENTICATED: { status: 401, title: 'A valid token is needed' },
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  CROSS_SITE: { status: 403, title: 'The form was sent from another site' },
  NOT_FOUND: { status: 404, title: 'Not found' },
  FILE_NOT_FOUND: { status: 404, title: 'No such file, or it is no longer kept' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'Method not allowed' },
  NOT_ALLOWED_IN_STATE: { status: 409, title: "The job's state does not allow this" },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  FILE_TOO_LARGE: { status: 413, title: 'The file is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'Unsupported content type' },
  IDEMPOTENCY_CONFLICT: { status: 422, title: 'The id or key was used with another body' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests' },
  INTERNAL: { status: 500, title: 'Something went wrong on our side' },
  UNSUPPORTED: { status: 501, title: 'The engine cannot do this' },
  QUEUE_UNAVAILABLE: { status: 503, title: 'The queue cannot be reached; nothing was stored' },
  SUBMIT_UNKNOWN: { status: 503, title: 'The answer was lost; the job may be stored' },
  QUEUE_FULL: { status: 503, title: 'The queue is full' },
  FILES_FULL: { status: 503, title: 'There is no room for more files' },
  DATABASE_UNAVAILABLE: { status: 503, title: 'The database cannot be reached' },
  DATABASE_READ_ONLY: { status: 503, title: 'The database accepts no writes at present' },
  DATABASE_FULL: { status: 503, title: 'The database has no room left; nothing was stored' },
  DATABASE_TIMEOUT: { status: 503, title: 'The database took too long' },
  TOO_MANY_STREAMS: { status: 503, title: 'Too many open streams' },
  // Ends of an attempt or of a job
  HANDLER_FAILED: { status: 500, title: 'The handler threw' },
  JOB_TIMEOUT: { status: 500, title: 'The attempt ran past its deadline' },
  JOB_CANCELLED: { status: 500, title: 'A cancel was asked for' },
  LEASE_LOST: { status: 500, title: 'The worker no longer holds the job' },
  WORKER_DRAINING: { status: 500, title: 'The worker leaves and handed the job back' },
  VERIFY_FAILED: { status: 500, title: 'The outcome did not pass its check' },
  INVALID_RESULT: { status: 500, title: 'The result does not fit the type' },
  RESULT_TOO_LARGE: { status: 500, title: 'The result is too large' },
  INVALID_RECORD: { status: 500, title: 'The stored job cannot be read' },
  DELIVERY_LIMIT: { status: 500, title: 'Handed out too often without an end' },
  BLOCKED_ADDRESS: { status: 400, title: 'The address is not allowed' },
  // What stops a process, or a call in code
  PRODWORK_CONFIG_INVALID: { status: 500, title: 'The environment has faults' },
  PRODWORK_JOB_DEFINITION: { status: 500, title: 'A job definition has a fault' },
  PRODWORK_ENGINE_UNSUPPORTED: { status: 501, title: 'The engine cannot do this' },
  PRODWORK_REDIS_UNSAFE: { status: 503, title: 'This Redis would lose jobs' },
  PRODWORK_REDIS_VERSION: { status: 503, title: 'This Redis is too old' },
  PRODWORK_REDIS_DENIED: { status: 503, title: 'Redis refused the credentials or the command' },
  PRODWORK_LAYOUT_NEWER: { status: 503, title: 'The data was written by a newer prodwork' },
  PRODWORK_LAYOUT_BUSY: { status: 503, title: 'A worker of an older release keeps the data from being migrated' },
  PRODWORK_DATASET_LOST: { status: 503, title: 'Redis came back without its data' },
  PRODWORK_POSTGRES_VERSION: { status: 503, title: 'This Postgres is too old' },
  PRODWORK_SCHEMA_NEWER: { status: 503, title: 'The database schema was written by a newer release' },
  PRODWORK_MIGRATION_CHANGED: { status: 503, title: 'A migration differs from the one that ran' },
  PRODWORK_WORKER_NAME_TAKEN: { status: 500, title: 'Another living worker has this name' },
  PRODWORK_WORKER_STUCK: { status: 500, title: 'The fetch loop stopped turning' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorDetails {
  /** The field at fault, as a path: `payload.seconds`. */
  readonly field?: string;
  /** The rule that it breaks, in words with the bounds. */
  readonly rule?: string;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  /** The job concerned, when its id is known (also when its fate is not). */
  readonly jobId?: string;
  readonly cause?: unknown;
}

export class ProdworkError extends Error {
  override readonly name = 'ProdworkError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string = ERRORS[code].title, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** True for a ProdworkError, of the given code when one is given. */
export function isProdworkError(error: unknown, code?: ErrorCode): error is ProdworkError {
  return error instanceof ProdworkError && (code === undefined || error.code === code);
}
