import { type ErrorCode, ProdworkError } from 'prodwork/errors';

/** The contract's bound: an answer within 2 s, whatever Redis does. */
const ANSWER_WITHIN_MS = 1_800;

interface Wait {
  /** ms on the monotonic clock. */
  readonly dueAt: number;
  readonly slot: number;
  giveUp(): void;
}

/**
 * All who wait, behind one timer. Slots that are used again, not a Set: what comes and goes in a Set leaves old tables
 * behind, and through them the garbage collector keeps a request's objects long after it.
 */
const waits: (Wait | undefined)[] = [];
const free: number[] = [];
let isTimed = false;

/**
 * Engines keep deadlines of their own; this is the last line, so that no page and no call can hang.
 * @throws ProdworkError `code` when the promise has not settled in time.
 */
export function within<T>(promise: Promise<T>, code: ErrorCode): Promise<T> {
  return new Promise((resolve, reject) => {
    const wait: Wait = {
      dueAt: performance.now() + ANSWER_WITHIN_MS,
      slot: free.pop() ?? waits.length,
      giveUp: () => reject(new ProdworkError(code, undefined, { retryAfterSeconds: 2 })),
    };
    waits[wait.slot] = wait;
    if (!isTimed) lookIn(ANSWER_WITHIN_MS);
    promise.then(
      (value) => {
        leave(wait);
        resolve(value);
      },
      (error: unknown) => {
        leave(wait);
        reject(error);
      },
    );
  });
}

function leave(wait: Wait): void {
  // Whoever gave up has left, and the slot may be somebody else's.
  if (waits[wait.slot] !== wait) return;
  waits[wait.slot] = undefined;
  free.push(wait.slot);
}

function lookIn(ms: number): void {
  isTimed = true;
  setTimeout(look, Math.ceil(ms)).unref();
}

/** Answers those whose time is up, and comes back when the next one's is. */
function look(): void {
  isTimed = false;
  const now = performance.now();
  let next = Number.POSITIVE_INFINITY;
  for (const wait of waits) {
    if (wait === undefined) continue;
    if (wait.dueAt > now) {
      next = Math.min(next, wait.dueAt);
    } else {
      leave(wait);
      wait.giveUp();
    }
  }
  if (next < Number.POSITIVE_INFINITY) lookIn(next - now);
}
