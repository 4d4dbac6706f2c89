import type { Static, TSchema } from 'typebox';
import type { Log } from '../log.ts';
import type { JobDefinition } from './define-job.ts';

/** Files of payloads, and files that become part of a result. What breaks is thrown as an error that names its code. */
export interface JobFiles {
  /**
   * A whole file, at most 10 MiB.
   * @param ref what the payload holds in a field of `FileRef()`.
   * @throws PermanentError `FILE_NOT_FOUND`: its life is over.
   */
  read(ref: string): Promise<{ readonly name: string; readonly type: string; readonly content: Buffer }>;
  /**
   * Stores a file, at most 10 MiB; its type is told from its content and the ending of its name.
   * Returns the reference to put into the result, at its top, where the receipt finds it.
   * @throws PermanentError `FILE_TOO_LARGE`; ProdworkError `FILES_FULL`, which another attempt may survive.
   */
  write(name: string, content: Uint8Array | string): Promise<string>;
}

/**
 * What a handler is given beside its payload. Take fields from it by name: each is made when it is asked for, so that a
 * copy by `{ ...context }` has none of them.
 */
export interface RunContext {
  readonly job: {
    readonly id: string;
    readonly type: string;
    readonly queue: string;
    /** 1 for the first attempt. */
    readonly attempt: number;
    readonly maxAttempts: number;
    /** 1 for the first hand-over of this generation. */
    readonly delivery: number;
    readonly generation: number;
    readonly createdAt: number;
  };
  /**
   * Aborts when the attempt must stop: its deadline passed, a cancel was asked for, the lease was lost, or the worker
   * drains. `signal.reason` is a ProdworkError that says which.
   */
  readonly signal: AbortSignal;
  /** Reports progress: 0 to 100, or any JSON value up to 1 KiB. At most one report a second is sent; the last one wins. */
  readonly progress: (value: unknown) => void;
  readonly files: JobFiles;
  readonly log: Log;
  /** Strictly grows per job: let the database compare it (`UPDATE ... WHERE fence < $1`). */
  readonly fence: number;
  /** The same for every attempt of the job: hand it to services that know idempotency keys. */
  readonly idempotencyKey: string;
}

/** A job type with the code that does its work. Lives in the worker. */
export interface JobHandler<Input extends TSchema = TSchema, Output extends TSchema = TSchema> {
  readonly definition: JobDefinition<Input, Output>;
  /** Return: success. Throw: a failed attempt. Throw `PermanentError`: dead at once. */
  readonly run: (payload: Static<Input>, context: RunContext) => Promise<Static<Output>> | Static<Output>;
  /** Checks the outcome itself; throws, or returns evidence that is kept with the job. */
  readonly verify?: (result: Static<Output>, context: RunContext) => unknown;
}

/** Binds work to a definition. Source of the types: the definition's schemas. */
export function handle<Input extends TSchema, Output extends TSchema>(
  definition: JobDefinition<Input, Output>,
  work: Omit<JobHandler<Input, Output>, 'definition'>,
): JobHandler<Input, Output> {
  return { definition, ...work };
}

/** Thrown by a handler when another attempt cannot help: the job is dead at once. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
}
