import type { NewJob, Submitted, Submitter } from 'prodwork/engine/submitter';
import { isProdworkError, ProdworkError } from 'prodwork/errors';
import { LIMITS } from 'prodwork/job/limits';
import { within } from './within.ts';

/** Seconds for which an id or a key is remembered after its job has ended; answers state it. */
export const IDEMPOTENCY_WINDOW_SECONDS = LIMITS.rememberMs / 1000;

export type Accepted = Exclude<Submitted, { outcome: 'conflict' }>;

/** Stores checked jobs for the form and the API alike, and turns every failure into one answer of the error table. */
export interface SubmitService {
  /**
   * @throws ProdworkError `IDEMPOTENCY_CONFLICT`, or what the submitter throws, or `SUBMIT_UNKNOWN` when it did not answer.
   */
  submit(job: NewJob): Promise<Accepted>;
}

export function createSubmitService(
  submitter: Pick<Submitter, 'submit'>,
  count: (outcome: string) => void,
  keepFiles: (job: NewJob) => Promise<void> | undefined,
): SubmitService {
  return {
    async submit(job) {
      try {
        const kept = keepFiles(job);
        if (kept !== undefined) await within(kept, 'QUEUE_UNAVAILABLE');
        const answer = await within(submitter.submit(job), 'SUBMIT_UNKNOWN');
        count(answer.outcome);
        if (answer.outcome !== 'conflict') return answer;
      } catch (error) {
        count(isProdworkError(error) ? error.code : 'INTERNAL');
        throw isProdworkError(error, 'SUBMIT_UNKNOWN') ? named(error, job) : error;
      }
      const what = job.idempotencyKey === undefined ? 'id' : 'Idempotency-Key';
      throw new ProdworkError('IDEMPOTENCY_CONFLICT', `The ${what} was used with another body; nothing was stored.`, {
        field: what,
        rule: `the same body for the same ${what}, for 24 hours after its job has ended`,
      });
    },
  };
}

/** Whoever does not know whether the job is stored needs its id, to look or to send it again. */
function named(error: ProdworkError, job: NewJob): ProdworkError {
  if (job.id === undefined || error.details.jobId !== undefined) return error;
  return new ProdworkError(error.code, error.message, { ...error.details, jobId: job.id });
}
