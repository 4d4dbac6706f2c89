import type { Books } from '../books/books.ts';

/** The longest time between `from` and `to` in which no worker but these started a job, ms. */
export function longestPause(books: Books, except: readonly string[], from: number, to: number): number {
  const starts: number[] = [];
  for (const { runs } of books.jobs.values()) {
    for (const { at, worker } of runs) if (at > from && at < to && !except.includes(worker)) starts.push(at);
  }
  const times = [from, ...starts.sort((a, b) => a - b), to];
  return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
}
