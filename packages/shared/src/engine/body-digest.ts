import { createHash } from 'node:crypto';
import type { NewJob } from './submitter.ts';

/**
 * What tells "the same submit again" from "the same id or key for something else": 22 characters over everything a caller
 * chooses. `runAt` is left out: `delayMs` becomes another moment each time the same body is sent.
 */
export function bodyDigest(job: NewJob): string {
  const body = [
    job.type,
    job.payloadJson,
    job.priority,
    job.maxAttempts,
    job.delivery,
    job.timeoutMs ?? null,
    job.id ?? null,
  ];
  return createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22);
}
