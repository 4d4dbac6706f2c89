import { randomUUID } from 'node:crypto';
import type { Static, TSchema } from 'typebox';
import type { JobPage, QueueView, Why, WorkerView } from '../engine/inspector.ts';
import type { JobDefinition } from '../job/define-job.ts';
import { FINAL_STATES, type Job, type JobState, type Priority } from '../job/job.ts';
import { type HttpOptions, request } from './http.ts';
import { resultsOf } from './results.ts';

export { type Problem, ProblemError } from './problem.ts';

/** What a submit may say beside type and payload. */
export interface SubmitOptions {
  readonly queue?: string;
  /** Chosen by the caller, unique in its queue. */
  readonly id?: string;
  /** Makes repeats safe without choosing an id. Default: a new one for each call, so that its own retries make one job. */
  readonly idempotencyKey?: string;
  readonly delayMs?: number;
  /** Epoch ms, or ISO 8601 with its zone. */
  readonly runAt?: number | string;
  readonly priority?: Priority;
  readonly maxAttempts?: number;
  readonly timeoutMs?: number;
}

export interface BulkJob extends Omit<SubmitOptions, 'idempotencyKey'> {
  readonly type: string;
  readonly payload: unknown;
}

export interface BulkResult {
  readonly line: number;
  readonly job?: Job;
  readonly error?: { readonly code: string; readonly detail: string; readonly field?: string; readonly rule?: string };
}

export interface BulkOptions {
  /** Called with the number of answers so far, while they arrive. Begins anew when the call is tried again. */
  readonly onProgress?: (answered: number) => void;
}

/** A job whose type is known: its payload and result have the definition's types. */
export type TypedJob<Input extends TSchema, Output extends TSchema> = Job & {
  readonly payload: Static<Input>;
  readonly result?: Static<Output>;
};

export interface UploadedFile {
  /** What a payload's field of type file holds. */
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
  /** Media type, told from the content. */
  readonly type: string;
}

export interface ListOptions {
  readonly queue?: string;
  readonly state?: JobState;
  readonly type?: string;
  readonly q?: string;
  readonly cursor?: string;
  readonly limit?: number;
}

type Act = { readonly id: string; readonly answer: string };

/**
 * The producer's API for programs. Every call is tried again after no answer, 429, 502, 503 and 504; a submit that is
 * tried again makes one job.
 *
 * All calls throw `ProblemError` with the API's stable `code`.
 */
export class ProdworkClient {
  private readonly options: HttpOptions;

  constructor(options: HttpOptions) {
    this.options = options;
  }

  /** Submits a job of a defined type; payload and result are typed. */
  submit<Input extends TSchema, Output extends TSchema>(
    definition: JobDefinition<Input, Output>,
    payload: Static<Input>,
    options?: SubmitOptions,
  ): Promise<TypedJob<Input, Output>>;
  /** Submits a job by the name of its type. */
  submit(type: string, payload: unknown, options?: SubmitOptions): Promise<Job>;
  async submit(type: string | JobDefinition, payload: unknown, options: SubmitOptions = {}): Promise<Job> {
    const { idempotencyKey, ...rest } = options;
    const key = idempotencyKey ?? (rest.id === undefined ? randomUUID() : undefined);
    const body = { type: typeof type === 'string' ? type : type.type, payload, ...rest };
    const headers = key === undefined ? {} : { 'idempotency-key': key };
    return (await request(this.options, { method: 'POST', path: 'api/jobs', body, headers })) as Job;
  }

  /**
   * Submits up to 10,000 jobs in one call; a bad one is named by its line and does not harm the others.
   * Jobs without an `id` are given one, so that a retry of the call makes each of them once.
   */
  async submitBulk(jobs: readonly BulkJob[], options: BulkOptions = {}): Promise<readonly BulkResult[]> {
    const body = jobs.map((job) => (job.id === undefined ? { ...job, id: `bulk-${randomUUID()}` } : job));
    const read = async (response: Response): Promise<readonly BulkResult[]> => {
      const results: BulkResult[] = [];
      if (response.body === null) throw new SyntaxError('an answer without a body');
      for await (const result of resultsOf(response.body)) {
        results.push(result as BulkResult);
        options.onProgress?.(results.length);
      }
      return results;
    };
    const call = { method: 'POST', path: 'api/jobs/bulk', body, read } as const;
    return (await request({ timeoutMs: 120_000, ...this.options }, call)) as readonly BulkResult[];
  }

  /**
   * Stores a file of at most 10 MiB for a payload; it is kept for an hour, or for as long as jobs need it that refer to
   * it. A retry of the call may store it twice: the one that nobody refers to goes by itself.
   */
  async upload(name: string, content: Uint8Array<ArrayBuffer> | Blob | string): Promise<UploadedFile> {
    const form = new FormData();
    form.append('file', content instanceof Blob ? content : new Blob([content]), name);
    const call = { method: 'POST', path: 'api/files', form } as const;
    return (await request({ timeoutMs: 60_000, ...this.options }, call)) as UploadedFile;
  }

  /** One job, or undefined. */
  async job(id: string, queue?: string): Promise<Job | undefined> {
    try {
      return (await request(this.options, { method: 'GET', path: jobPath(id), query: { queue } })) as Job;
    } catch (error) {
      if (error instanceof Error && 'status' in error && error.status === 404) return undefined;
      throw error;
    }
  }

  async list(filter: ListOptions = {}): Promise<JobPage> {
    return (await request(this.options, { method: 'GET', path: 'api/jobs', query: { ...filter } })) as JobPage;
  }

  /**
   * Waits until the job has ended, looking every `everyMs` (default 500).
   * @throws ProblemError when it cannot be read, and the signal's reason when that aborts first.
   */
  async wait(
    id: string,
    options: {
      readonly queue?: string;
      readonly everyMs?: number;
      readonly signal?: AbortSignal;
      readonly onChange?: (job: Job) => void;
    } = {},
  ): Promise<Job> {
    let before = '';
    for (;;) {
      options.signal?.throwIfAborted();
      const query = { queue: options.queue };
      const job = (await request(this.options, { method: 'GET', path: jobPath(id), query })) as Job;
      const now = JSON.stringify([job.state, job.progress, job.attempts, job.deliveries.length]);
      if (now !== before) options.onChange?.(job);
      before = now;
      if (FINAL_STATES.some((state) => state === job.state)) return job;
      await new Promise((resolve) => setTimeout(resolve, options.everyMs ?? 500));
    }
  }

  cancel(id: string, queue?: string): Promise<Act> {
    return this.act(`${jobPath(id)}/cancel`, queue);
  }

  /** Reopens a dead, cancelled or abandoned job. */
  retry(id: string, queue?: string): Promise<Act> {
    return this.act(`${jobPath(id)}/retry`, queue);
  }

  async remove(id: string, queue?: string): Promise<Act> {
    return (await request(this.options, { method: 'DELETE', path: jobPath(id), query: { queue } })) as Act;
  }

  async why(id: string, queue?: string): Promise<Why & { readonly id: string }> {
    const call = { method: 'GET', path: `${jobPath(id)}/why`, query: { queue } } as const;
    return (await request(this.options, call)) as Why & { id: string };
  }

  async workers(queue?: string): Promise<readonly WorkerView[]> {
    const answer = await request(this.options, { method: 'GET', path: 'api/workers', query: { queue } });
    return (answer as { workers: readonly WorkerView[] }).workers;
  }

  async queues(): Promise<readonly QueueView[]> {
    const answer = await request(this.options, { method: 'GET', path: 'api/queues' });
    return (answer as { queues: readonly QueueView[] }).queues;
  }

  async pause(queue: string): Promise<void> {
    await request(this.options, { method: 'POST', path: `api/queues/${encodeURIComponent(queue)}/pause` });
  }

  async resume(queue: string): Promise<void> {
    await request(this.options, { method: 'POST', path: `api/queues/${encodeURIComponent(queue)}/resume` });
  }

  /** A link into the dashboard that works once. Wants a token of the role `operate` where tokens are in force. */
  async signIn(): Promise<{ readonly url: string; readonly expiresAt: number }> {
    const answer = await request(this.options, { method: 'POST', path: 'api/sign-in' });
    const { path, expiresAt } = answer as { path: string; expiresAt: number };
    return { url: new URL(path, this.options.url).href, expiresAt };
  }

  private async act(path: string, queue: string | undefined): Promise<Act> {
    return (await request(this.options, { method: 'POST', path, query: { queue } })) as Act;
  }
}

const jobPath = (id: string): string => `api/jobs/${encodeURIComponent(id)}`;
