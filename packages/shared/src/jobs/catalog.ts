import type { JobDefinition } from '../job/define-job.ts';
import { csvReport } from './csv-report.ts';
import { httpCheck } from './http-check.ts';
import { primes } from './primes.ts';
import { sleep } from './sleep.ts';
import { thumbnail } from './thumbnail.ts';

/** Every job type that this installation knows, in the order in which the form shows them. */
export const jobTypes: readonly JobDefinition[] = [sleep, primes, thumbnail, csvReport, httpCheck];
