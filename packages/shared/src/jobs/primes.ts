import { Type } from 'typebox';
import { defineJob } from '../job/define-job.ts';

/** CPU-bound work that must not block the worker: runs in a thread, and can be stopped. */
export const primes = defineJob({
  type: 'primes',
  title: 'Count primes',
  description: 'CPU-bound: counts the primes up to a number, in a thread of its own.',
  input: Type.Object(
    {
      upTo: Type.Integer({
        minimum: 2,
        maximum: 1_000_000_000,
        default: 5_000_000,
        title: 'Up to',
        description: 'Count the primes from 2 to this number, 2 to 1,000,000,000.',
      }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ count: Type.Integer(), largest: Type.Integer() }),
  timeoutMs: 600_000,
});
