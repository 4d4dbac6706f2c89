import { primes } from './handlers/primes.ts';
import { sleep } from './handlers/sleep.ts';
import type { AnyHandler } from './runtime/job-type.ts';

/** Every job type that this worker can do: one line each. */
export const handlers: readonly AnyHandler[] = [sleep, primes];
