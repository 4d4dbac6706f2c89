import { isProdworkError, ProdworkError } from '../errors.ts';
import { isAnswered, isReply } from './script.ts';

/**
 * What a failed write says of the job that was to be stored: refused for want of memory, not stored, or unknown because
 * the answer was lost.
 */
export function submitFault(error: unknown): ProdworkError {
  if (isProdworkError(error)) return error;
  const retryAfterSeconds = 2;
  if (isReply(error, 'OOM'))
    return new ProdworkError('QUEUE_FULL', 'Redis has no memory left', { retryAfterSeconds: 5 });
  const message = error instanceof Error ? error.message : String(error);
  // Without an offline queue ioredis refuses a command before it is written: nothing was sent.
  if (isAnswered(error) || message.includes("isn't writeable")) {
    return new ProdworkError('QUEUE_UNAVAILABLE', `nothing was stored: ${message}`, {
      retryAfterSeconds,
      cause: error,
    });
  }
  const unknown = 'the connection ended before the answer came; the job may be stored';
  return new ProdworkError('SUBMIT_UNKNOWN', unknown, { retryAfterSeconds, cause: error });
}
