import { type ErrorCode, ProdworkError } from 'prodwork/errors';

/** The contract's bound: an answer within 2 s, whatever Redis does. */
const ANSWER_WITHIN_MS = 1_800;

/**
 * Engines keep deadlines of their own; this is the last line, so that no page and no call can hang.
 * @throws ProdworkError `code` when the promise has not settled in time.
 */
export function within<T>(promise: Promise<T>, code: ErrorCode): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new ProdworkError(code, undefined, { retryAfterSeconds: 2 })),
      ANSWER_WITHIN_MS,
    );
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
