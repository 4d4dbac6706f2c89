import type { Job } from 'bullmq';
import type { Claim } from '../../engine/consumer.ts';
import { priorityOf } from './layout.ts';

/** @param begun the numbers of the reply of `begin`: fence, delivery, attempt, deaths, generation. */
export function claimOf(job: Job, queue: string, begun: readonly number[]): Claim {
  const [fence = 0, delivery = 1, attempt = 1, deaths = 0, generation = 1] = begun;
  const timeoutMs = ownOption(job, 'timeoutMs');
  return {
    id: job.id ?? '',
    queue,
    type: job.name,
    payloadJson: JSON.stringify(job.data) ?? 'null',
    priority: priorityOf(job.priority),
    maxAttempts: job.opts.attempts ?? 1,
    ...(typeof timeoutMs === 'number' ? { timeoutMs } : {}),
    createdAt: job.timestamp,
    generation,
    delivery,
    attempt,
    fence,
    isSuspect: deaths >= 2,
  };
}

/** Keys of the names under which the job was submitted. */
export function namesOf(job: Job): readonly string[] {
  const names = ownOption(job, 'names');
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

/** Options come from Redis, and anybody may have written them. */
function ownOption(job: Job, name: string): unknown {
  const own: unknown = Reflect.get(job.opts, 'prodwork');
  return typeof own === 'object' && own !== null ? Reflect.get(own, name) : undefined;
}
