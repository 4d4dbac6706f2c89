import type { Job } from '../job/job.ts';

/** Searchable text of one job, characters. Beyond it the rest is not found by words; it is still stored. */
const WORDS_MOST = 16_384;
/** Longer ones are no words that anybody types (base64, hashes of files); Postgres would drop them past 2,046 bytes. */
const WORD_MOST = 256;

/** What the full text search sees of a job: every string and number of its payload and result, its error, id and type. */
export function wordsOf(job: Job): string {
  const parts: string[] = [job.id, job.type, ...(job.tags ?? [])];
  if (job.error) parts.push(job.error.code, job.error.message);
  let left = WORDS_MOST - parts.join(' ').length;
  const pending: unknown[] = [job.result, job.payload];
  while (pending.length > 0 && left > 0) {
    const value = pending.pop();
    if (typeof value === 'string' || typeof value === 'number') {
      const text = String(value).slice(0, left);
      parts.push(text);
      left -= text.length + 1;
    } else if (Array.isArray(value)) {
      pending.push(...value.slice(0, WORDS_MOST).reverse());
    } else if (typeof value === 'object' && value !== null) {
      pending.push(...Object.values(value).slice(0, WORDS_MOST).reverse());
    }
  }
  return searchable(parts.join(' '))
    .split(/\s+/)
    .filter((word) => word.length <= WORD_MOST)
    .join(' ');
}

/** Text that Postgres takes: no NUL, no half surrogate pairs. */
export const storable = (text: string): string => text.replaceAll('\u0000', ' ').toWellFormed();

/** Text for the search, on both sides: Postgres takes what stands between < and > for markup, and would not look into it. */
export const searchable = (text: string): string => storable(text).replace(/[<>]/g, ' ');
