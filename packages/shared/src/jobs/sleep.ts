import { Type } from 'typebox';
import { defineJob } from '../job/define-job.ts';

/** Simulated work, with progress: made for watching a queue. */
export const sleep = defineJob({
  type: 'sleep',
  title: 'Sleep',
  description: 'Simulated work: waits, and reports its progress.',
  input: Type.Object(
    {
      seconds: Type.Number({
        minimum: 0,
        maximum: 3600,
        default: 2,
        title: 'Seconds',
        description: 'How long to sleep, 0 to 3600.',
      }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({ sleptMs: Type.Number() }),
  timeoutMs: 3_700_000,
});
