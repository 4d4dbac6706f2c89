import type { QueueView, WorkerView } from 'prodwork/engine/inspector';
import type { Delivery, Job } from 'prodwork/job/job';
import { age, plain, table } from './table.ts';

/** How answers read on a terminal. */
export function jobsTable(jobs: readonly Job[], now: number): string {
  if (jobs.length === 0) return 'No jobs match. Submit one: prodwork submit sleep \'{"seconds": 2}\'';
  const rows = jobs.map((job) => [
    job.id,
    job.type,
    job.state,
    `${job.attempts}/${job.maxAttempts}`,
    age(now - job.createdAt),
    plain(job.error?.message ?? ''),
  ]);
  return table(['ID', 'TYPE', 'STATE', 'ATTEMPTS', 'AGE', 'ERROR'], rows);
}

export function jobDetails(job: Job, now: number): string {
  const facts: [string, string | undefined][] = [
    ['id', job.id],
    ['type', `${job.type}  (queue ${job.queue}, priority ${job.priority})`],
    ['state', job.cancelRequested ? `${job.state}, a cancel was asked for` : job.state],
    ['attempts', `${job.attempts} of ${job.maxAttempts}${job.generation > 1 ? `, generation ${job.generation}` : ''}`],
    ['created', `${new Date(job.createdAt).toISOString()}  (${age(now - job.createdAt)} ago)`],
    ['due', job.runAt === undefined ? undefined : new Date(job.runAt).toISOString()],
    ['finished', job.finishedAt === undefined ? undefined : new Date(job.finishedAt).toISOString()],
    ['progress', job.progress === undefined ? undefined : json(job.progress)],
    ['payload', json(job.payload)],
    ['result', job.result === undefined ? undefined : json(job.result)],
    ['verified', job.verified === undefined ? undefined : json(job.verified.evidence)],
    ['error', job.error === undefined ? undefined : `${job.error.code}: ${plain(job.error.message)}`],
  ];
  const lines = facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(9)} ${value}`]));
  if (job.deliveries.length > 0) lines.push('', deliveriesTable(job.deliveries));
  return lines.join('\n');
}

function deliveriesTable(deliveries: readonly Delivery[]): string {
  const rows = deliveries.map((delivery) => [
    String(delivery.number),
    String(delivery.attempt),
    plain(delivery.worker),
    new Date(delivery.startedAt).toISOString(),
    delivery.endedAt === undefined ? 'running' : `${delivery.endedAt - delivery.startedAt} ms`,
    plain([delivery.outcome, delivery.cause].filter((part) => part !== undefined).join(': ')),
  ]);
  return table(['DELIVERY', 'ATTEMPT', 'WORKER', 'STARTED', 'TOOK', 'OUTCOME'], rows);
}

export function workersTable(workers: readonly WorkerView[], now: number): string {
  if (workers.length === 0) return 'No worker is running. Start one, or look at its log if you did.';
  const rows = workers.map((worker) => [
    plain(worker.name),
    worker.state,
    `${worker.jobs.length}/${worker.slots}`,
    `${age(now - worker.heartbeatAt)} ago`,
    String(worker.restarts ?? 0),
    worker.types.join(','),
    worker.jobs.map((job) => `${job.type} for ${age(now - job.startedAt)}`).join(', '),
  ]);
  return table(['WORKER', 'STATE', 'BUSY', 'HEARTBEAT', 'RESTARTS', 'TYPES', 'DOING'], rows);
}

export function queuesTable(queues: readonly QueueView[]): string {
  if (queues.length === 0) return 'Nothing was ever submitted here.';
  const rows = queues.map(({ name, isPaused, counts, oldestWaitingMs, totals }) => [
    name,
    isPaused ? 'paused' : 'open',
    String(counts.waiting),
    counts.waiting > 0 ? age(oldestWaitingMs) : '',
    String(counts.active),
    String(counts.scheduled),
    String(totals.completed),
    String(counts.dead),
  ]);
  return table(['QUEUE', 'STATE', 'WAITING', 'OLDEST', 'ACTIVE', 'SCHEDULED', 'COMPLETED', 'DEAD'], rows);
}

const json = (value: unknown): string => plain(JSON.stringify(value));
