import type { Inspector } from '../engine/inspector.ts';
import { isProdworkError, ProdworkError } from '../errors.ts';

/** The same inspector; what the connection throws while Redis is away is said as `QUEUE_UNAVAILABLE`. */
export function guardedInspector(inspector: Inspector): Inspector {
  return {
    start: () => inspector.start(),
    stop: () => inspector.stop(),
    job: (...asked) => guarded(inspector.job(...asked)),
    jobs: (...asked) => guarded(inspector.jobs(...asked)),
    list: (...asked) => guarded(inspector.list(...asked)),
    queues: () => guarded(inspector.queues()),
    queue: (...asked) => guarded(inspector.queue(...asked)),
    workers: (...asked) => guarded(inspector.workers(...asked)),
    cancel: (...asked) => guarded(inspector.cancel(...asked)),
    retry: (...asked) => guarded(inspector.retry(...asked)),
    remove: (...asked) => guarded(inspector.remove(...asked)),
    pause: (...asked) => guarded(inspector.pause(...asked)),
    resume: (...asked) => guarded(inspector.resume(...asked)),
    why: (...asked) => guarded(inspector.why(...asked)),
  };
}

async function guarded<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (isProdworkError(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new ProdworkError('QUEUE_UNAVAILABLE', `Redis did not answer: ${message}`, {
      retryAfterSeconds: 2,
      cause: error,
    });
  }
}
