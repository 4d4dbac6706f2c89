import type { ActAnswer } from 'prodwork/engine/inspector';
import { ProdworkError } from 'prodwork/errors';
import type { Dependencies } from '../dependencies.ts';
import { within } from '../submit/within.ts';

export type Verb = 'cancel' | 'retry' | 'remove';

export interface Act {
  readonly id: string;
  readonly answer: ActAnswer;
}

export const noSuchJob = (id: string): ProdworkError =>
  new ProdworkError('NOT_FOUND', 'There is no such job: the id is wrong, or the job is older than what is kept.', {
    jobId: id,
  });

const RULES: { readonly [verb in Verb]: string } = {
  cancel: 'only a job that has not ended can be cancelled',
  retry: 'only a dead, cancelled or abandoned job can be tried again',
  remove: 'an active job cannot be deleted; cancel it first',
};

/** What people do to jobs and queues, the same for the API and the dashboard. */
export interface Acts {
  /** @throws ProdworkError `UNSUPPORTED`, `NOT_FOUND`, `NOT_ALLOWED_IN_STATE` or `QUEUE_UNAVAILABLE`. */
  act(id: string, queue: string, verb: Verb): Promise<Act>;
  /** @throws ProdworkError `UNSUPPORTED` or `QUEUE_UNAVAILABLE`. */
  hold(queue: string, verb: 'pause' | 'resume'): Promise<void>;
}

export function createActs({ engine, inspector }: Pick<Dependencies, 'engine' | 'inspector'>): Acts {
  return {
    async act(id, queue, verb) {
      const isPossible = { cancel: engine.promises.cancel, retry: engine.promises.operatorRetry, remove: true }[verb];
      if (!isPossible)
        throw new ProdworkError('UNSUPPORTED', `The engine ${engine.name} cannot ${verb} a job.`, { jobId: id });
      const answer = await within(inspector[verb](id, queue), 'QUEUE_UNAVAILABLE');
      if (answer === 'not-found') throw noSuchJob(id);
      if (answer === 'refused') {
        const rule = RULES[verb];
        const detail = `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`;
        throw new ProdworkError('NOT_ALLOWED_IN_STATE', detail, { rule, jobId: id });
      }
      return { id, answer };
    },
    async hold(queue, verb) {
      if (!engine.promises.pause)
        throw new ProdworkError('UNSUPPORTED', `The engine ${engine.name} cannot pause a queue.`);
      await within(inspector[verb](queue), 'QUEUE_UNAVAILABLE');
    },
  };
}
