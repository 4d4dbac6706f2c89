import { ProdworkError } from '../errors.ts';
import { FINAL_STATES, type Job } from '../job/job.ts';

/**
 * Reads what `store` wrote.
 * @throws ProdworkError `INVALID_RECORD` when the row was written by something else.
 */
export function decodeStoredJob(record: unknown): Job {
  const value: unknown = typeof record === 'string' ? JSON.parse(record) : undefined;
  if (!isJob(value)) throw new ProdworkError('INVALID_RECORD', 'A row of the history is not one of ours.');
  return value;
}

function isJob(value: unknown): value is Job {
  if (typeof value !== 'object' || value === null) return false;
  const job: Partial<Record<keyof Job, unknown>> = value;
  return (
    typeof job.id === 'string' &&
    typeof job.queue === 'string' &&
    typeof job.type === 'string' &&
    typeof job.createdAt === 'number' &&
    typeof job.generation === 'number' &&
    Array.isArray(job.deliveries) &&
    FINAL_STATES.some((state) => state === job.state)
  );
}

/** Where a page ended: a place in the order, so that jobs stored meanwhile neither shift nor repeat anything. */
export interface Cursor {
  readonly finishedAt: number;
  readonly id: string;
  readonly generation: number;
}

export const writeCursor = (job: Job): string =>
  Buffer.from(JSON.stringify([job.finishedAt ?? job.createdAt, job.id, job.generation])).toString('base64url');

/** @throws ProdworkError `INVALID_FIELD` for a cursor that no page gave. */
export function readCursor(cursor: string): Cursor {
  try {
    const [finishedAt, id, generation]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (
      Number.isSafeInteger(finishedAt) &&
      Number.isSafeInteger(generation) &&
      typeof id === 'string' &&
      /^[\w.-]{1,200}$/.test(id)
    ) {
      return { finishedAt: Number(finishedAt), id, generation: Number(generation) };
    }
  } catch {
    // Refused below, as any other.
  }
  throw new ProdworkError('INVALID_FIELD', 'cursor: as it was given with the page before.', {
    field: 'cursor',
    rule: 'as it was given with the page before',
  });
}
