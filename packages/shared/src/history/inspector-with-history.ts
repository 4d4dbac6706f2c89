import type { HistoryReader } from '../engine/history.ts';
import type { Inspector } from '../engine/inspector.ts';
import { ProdworkError } from '../errors.ts';
import type { Job } from '../job/job.ts';

/** Whoever reads one job waits for Redis already: the history gets what is left of the answer's 2 s. */
const FIND_WITHIN_MS = 1_000;

/**
 * An inspector that answers from the history when the engine has let go of a job. Everything else is the engine's.
 * When the engine has not got it and the history cannot be asked, nobody knows: `DATABASE_UNAVAILABLE`, not "no such job".
 */
export function inspectorWithHistory(inspector: Inspector, history: Pick<HistoryReader, 'find'>): Inspector {
  const find = (id: string, queue: string): Promise<Job | undefined> => inTime(history.find(id, queue));
  return {
    start: () => inspector.start(),
    stop: () => inspector.stop(),
    async job(id, queue) {
      return (await inspector.job(id, queue)) ?? find(id, queue);
    },
    async jobs(ids, queue) {
      const found = await inspector.jobs(ids, queue);
      return Promise.all(found.map((job, index) => job ?? find(ids[index] ?? '', queue)));
    },
    async why(id, queue) {
      const why = await inspector.why(id, queue);
      if (why !== undefined) return why;
      const job = await find(id, queue);
      return job && { state: job.state, reason: 'final', detail: `It is ${job.state}, and kept in the history.` };
    },
    list: (filter) => inspector.list(filter),
    queues: () => inspector.queues(),
    queue: (name) => inspector.queue(name),
    workers: (queue) => inspector.workers(queue),
    cancel: (id, queue) => inspector.cancel(id, queue),
    retry: (id, queue) => inspector.retry(id, queue),
    remove: (id, queue) => inspector.remove(id, queue),
    pause: (queue) => inspector.pause(queue),
    resume: (queue) => inspector.resume(queue),
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new ProdworkError('DATABASE_UNAVAILABLE', undefined, { retryAfterSeconds: 2 })),
    FIND_WITHIN_MS,
  );
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
