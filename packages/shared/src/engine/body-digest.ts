import { createHash } from 'node:crypto';
import type { NewJob } from './submitter.ts';

/** What tells "the same submit again" from "the same id or key for something else" (see `NewJob.fingerprint`). */
export function bodyDigest(job: NewJob): string {
  if (job.fingerprint !== undefined) return job.fingerprint;
  const {
    queue,
    type,
    payloadJson,
    priority,
    maxAttempts,
    delivery,
    timeoutMs = null,
    delayMs = null,
    runAt = null,
  } = job;
  const body = JSON.stringify([queue, type, payloadJson, priority, maxAttempts, delivery, timeoutMs, delayMs, runAt]);
  return createHash('sha256').update(body).digest('base64url').slice(0, 22);
}
