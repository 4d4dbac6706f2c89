import { ProdworkError } from '../errors.ts';
import type { DeliveryMode } from '../job/job.ts';
import type { EngineName } from './engine.ts';
import { PROMISES } from './promises.ts';
import { dueAt, type NewJob } from './submitter.ts';

/** The refusal of what an engine cannot do. `field` names what was asked for. */
export function unsupported(engine: EngineName, what: string, field?: string): ProdworkError {
  const message = `the engine \`${engine}\` does not have ${what}; QUEUE_ENGINE=lease does`;
  return new ProdworkError('PRODWORK_ENGINE_UNSUPPORTED', message, {
    ...(field === undefined ? {} : { field }),
    rule: `not with QUEUE_ENGINE=${engine}`,
  });
}

/**
 * Refuses a job that asks for what the engine does not promise, before anything is stored.
 * @param now epoch ms; a `runAt` at or before it is no delay.
 * @throws ProdworkError `PRODWORK_ENGINE_UNSUPPORTED` naming the field.
 */
export function refuseBeyondPromises(engine: EngineName, job: NewJob, now: number): void {
  const promises = PROMISES[engine];
  const runAt = dueAt(job, now);
  if (!promises.delay && runAt !== undefined)
    throw unsupported(engine, 'delays', job.runAt === undefined ? 'delayMs' : 'runAt');
  if (!promises.priorities && job.priority !== 'normal') throw unsupported(engine, 'priorities', 'priority');
  if (!promises.retries && job.maxAttempts > 1) throw unsupported(engine, 'retries', 'maxAttempts');
  if (!promises.idempotentSubmit && job.id !== undefined) throw unsupported(engine, 'chosen ids', 'id');
  if (!promises.idempotentSubmit && job.idempotencyKey !== undefined) {
    throw unsupported(engine, 'idempotency keys', 'idempotencyKey');
  }
  refuseDelivery(engine, job.delivery, job.type);
}

/** Refuses a type whose delivery mode the engine cannot keep: at submit, and when a worker starts. */
export function refuseDelivery(engine: EngineName, delivery: DeliveryMode, type: string): void {
  if (delivery === 'at-most-once' && !PROMISES[engine].atMostOnceTypes) {
    throw unsupported(engine, `at-most-once types (${type})`, 'delivery');
  }
}

/** Refuses `QUEUE_DURABILITY=fsync` where nothing would wait for the disk. */
export function refuseDurability(engine: EngineName, durability: 'everysec' | 'fsync'): void {
  if (durability === 'fsync' && !PROMISES[engine].fsync) throw unsupported(engine, 'QUEUE_DURABILITY=fsync');
}
