import type { FinalState, JobError } from '../../job/job.ts';
import type { Outcome } from '../../job/outcome.ts';
import type { QueueStore } from './queue-store.ts';
import { beginDelivery, endDelivery, type MemoryJob } from './record.ts';

/*
 * The edges of `job/states.ts`, one function each or one for a family of them. Every function leaves the job in exactly
 * one state and the lane, the schedule and the final lists in step with it.
 */

/** waiting -> active: the fence grows over every earlier one, also when the clock was set back. */
export function claim(queue: QueueStore, job: MemoryJob, worker: string): void {
  job.state = 'active';
  job.handOvers += 1;
  job.fence = Math.max(job.fence + 1, queue.now() * 1000);
  job.progressJson = undefined;
  beginDelivery(job, worker, queue.now());
}

/** scheduled -> waiting. */
export function promote(queue: QueueStore, job: MemoryJob): void {
  queue.scheduled.delete(job);
  job.state = 'waiting';
  job.runAt = undefined;
  queue.lanes.pushBack(job);
}

/** active -> what the worker says, unless a cancel or a limit says otherwise. */
export function settle(queue: QueueStore, job: MemoryJob, outcome: Outcome): void {
  switch (outcome.kind) {
    case 'complete':
      job.attempts += 1;
      job.resultJson = outcome.resultJson;
      job.verified = outcome.verified;
      job.error = undefined;
      queue.totals.completed += 1;
      endDelivery(job, queue.now(), 'completed');
      finish(queue, job, 'completed');
      break;
    case 'retry':
      fail(queue, job, outcome.error, outcome.delayMs);
      break;
    case 'bury':
      fail(queue, job, outcome.error, undefined);
      break;
    case 'release':
      giveBack(queue, job, 'released', outcome.cause);
      break;
    case 'crash':
      giveBack(queue, job, 'crashed', outcome.cause);
      break;
    case 'cancel':
      endDelivery(job, queue.now(), 'cancelled', 'JOB_CANCELLED');
      finish(queue, job, 'cancelled');
      break;
  }
}

/** active -> scheduled, cancelled or dead: the handler ran and failed. `delayMs` undefined: no further attempt. */
function fail(queue: QueueStore, job: MemoryJob, error: JobError, delayMs: number | undefined): void {
  job.attempts += 1;
  job.error = error;
  queue.totals.failedAttempts += 1;
  endDelivery(job, queue.now(), 'failed', error.code);
  // An at-most-once job has had its one start, whatever the worker asks for.
  const isLast = delayMs === undefined || job.delivery === 'at-most-once';
  if (job.isCancelRequested && delayMs !== undefined) finish(queue, job, 'cancelled');
  else if (isLast) finish(queue, job, 'dead');
  else if (job.handOvers >= queue.deliveryLimit) buryAtLimit(queue, job, error.code);
  else {
    job.state = 'scheduled';
    job.runAt = queue.now() + delayMs;
    queue.scheduled.add(job);
  }
}

/** active -> waiting (front of its lane), cancelled, abandoned or dead: handed back, or its worker died. */
export function giveBack(queue: QueueStore, job: MemoryJob, outcome: 'released' | 'crashed', cause: string): void {
  if (outcome === 'crashed') job.deaths += 1;
  endDelivery(job, queue.now(), outcome, cause);
  if (job.isCancelRequested) finish(queue, job, 'cancelled');
  else if (job.delivery === 'at-most-once') finish(queue, job, 'abandoned');
  else if (job.handOvers >= queue.deliveryLimit) buryAtLimit(queue, job, cause);
  else {
    job.state = 'waiting';
    queue.totals.redelivered += 1;
    queue.lanes.pushFront(job);
  }
}

/** waiting or scheduled -> cancelled. */
export function cancelIdle(queue: QueueStore, job: MemoryJob): void {
  queue.lanes.remove(job);
  queue.scheduled.delete(job);
  finish(queue, job, 'cancelled');
}

/** dead, cancelled or abandoned -> waiting: the next generation, with nothing counted against it. */
export function reopen(queue: QueueStore, job: MemoryJob): void {
  queue.unfinish(job);
  job.state = 'waiting';
  job.generation += 1;
  job.attempts = 0;
  job.handOvers = 0;
  job.deaths = 0;
  job.finishedAt = undefined;
  job.error = undefined;
  job.progressJson = undefined;
  job.isCancelRequested = false;
  job.deliveries = [];
  queue.lanes.pushBack(job);
}

function buryAtLimit(queue: QueueStore, job: MemoryJob, cause: string): void {
  const message = `started ${job.handOvers} times, the limit; the last start ended: ${cause}`;
  job.error = { code: 'DELIVERY_LIMIT', message };
  finish(queue, job, 'dead');
}

function finish(queue: QueueStore, job: MemoryJob, state: FinalState): void {
  job.state = state;
  job.runAt = undefined;
  job.finishedAt = queue.now();
  if (state === 'dead') queue.totals.dead += 1;
  queue.finish(job, state);
}
