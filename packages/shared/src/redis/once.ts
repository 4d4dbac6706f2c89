import { createHash } from 'node:crypto';
import { ProdworkError } from '../errors.ts';
import { closeConnection, createConnection, keepConnected, whenReady } from './connections.ts';

const ANSWER_WITHIN_MS = 1_500;

/** Marks what may be used once. Resolves true for the first caller, false for every later one, whichever process asks. */
export type Once = (what: string, rememberMs: number) => Promise<boolean>;

/**
 * Marks in Redis, for all processes on it. What is marked is rare (a sign-in), so that each mark has a connection of its
 * own and none stays open.
 * @throws ProdworkError `QUEUE_UNAVAILABLE` when Redis does not say.
 */
export function onceInRedis(url: string, prefix: string): Once {
  return async (what, rememberMs) => {
    const connection = createConnection(url, { name: `${prefix}:once`, silenceMs: ANSWER_WITHIN_MS });
    keepConnected(connection);
    try {
      await whenReady(connection, ANSWER_WITHIN_MS);
      const digest = createHash('sha256').update(what).digest('base64url');
      return (await connection.set(`${prefix}:once:${digest}`, '1', 'PX', rememberMs, 'NX')) === 'OK';
    } catch (cause) {
      throw new ProdworkError('QUEUE_UNAVAILABLE', undefined, { retryAfterSeconds: 2, cause });
    } finally {
      closeConnection(connection);
    }
  };
}

/** Marks in this process alone: for tests. */
export function onceInMemory(): Once {
  const used = new Set<string>();
  return async (what) => {
    const isFirst = !used.has(what);
    used.add(what);
    return isFirst;
  };
}
