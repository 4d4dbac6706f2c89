import { csvReport } from './handlers/csv-report.ts';
import { httpCheckHandler } from './handlers/http-check.ts';
import { primes } from './handlers/primes.ts';
import { sleep } from './handlers/sleep.ts';
import { thumbnail } from './handlers/thumbnail.ts';
import type { AnyHandler } from './runtime/job-type.ts';

/** Every job type that this worker can do with nothing set up: one line each. */
export const handlers: readonly AnyHandler[] = [sleep, primes, thumbnail, csvReport, httpCheckHandler([])];
