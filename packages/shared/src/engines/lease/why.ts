import type { QueueView, Why, WorkerView } from '../../engine/inspector.ts';
import type { Job } from '../../job/job.ts';
import type { Connection } from '../../redis/connections.ts';
import { laneOf } from './record.ts';
import type { Shard } from './shard.ts';

/** A lane is searched for the job's place only this far, so that the question stays cheap. */
const SEARCH = 10_000;

/** Says why a job is where it is, and what would change it. */
export async function explain(
  connection: Connection,
  shard: Shard,
  job: Job,
  local: string,
  queue: QueueView,
  workers: readonly WorkerView[],
): Promise<Why> {
  const { state } = job;
  switch (state) {
    case 'completed':
    case 'dead':
    case 'cancelled':
    case 'abandoned':
      return { state, reason: 'final', detail: `It ended ${state}${job.error ? `: ${job.error.message}` : ''}.` };
    case 'active': {
      const worker = job.deliveries.at(-1)?.worker ?? 'a worker';
      if (job.cancelRequested) {
        return { state, reason: 'cancel-requested', detail: `A cancel was asked for; ${worker} is stopping it.` };
      }
      return { state, reason: 'active', detail: `It is running on ${worker}.` };
    }
    case 'blocked':
      return { state, reason: 'blocked', detail: 'It waits for other jobs.' };
    case 'scheduled': {
      const due = job.runAt === undefined ? 'later' : new Date(job.runAt).toISOString();
      const why = job.attempts > 0 ? `attempt ${job.attempts} failed; the next one` : 'it';
      return { state, reason: 'due-later', detail: `${capital(why)} is due at ${due}.` };
    }
    case 'waiting':
      return waiting(job, queue, workers, await placeOf(connection, shard, job, local));
  }
}

function waiting(job: Job, queue: QueueView, workers: readonly WorkerView[], ahead: number | undefined): Why {
  const place = ahead === undefined ? {} : { ahead };
  const say = (reason: Why['reason'], detail: string): Why => ({ state: 'waiting', reason, detail, ...place });
  if (queue.isPaused)
    return say('paused', `The queue ${queue.name} is paused: nothing is handed out until it is resumed.`);
  const running = workers.filter(({ state }) => state === 'running');
  if (running.length === 0) return say('no-worker', 'No worker is running. Start one.');
  const able = running.filter(({ types }) => types.includes(job.type));
  if (able.length === 0) {
    return say('no-able-worker', `None of the ${running.length} running workers knows the type ${job.type}.`);
  }
  const free = able.reduce((sum, { slots, jobs }) => sum + Math.max(0, slots - jobs.length), 0);
  if (free === 0) return say('no-free-slot', `All slots of the ${able.length} workers that know ${job.type} are busy.`);
  return say('about-to-start', 'A slot is free: it should start in a moment.');
}

async function placeOf(connection: Connection, shard: Shard, job: Job, local: string): Promise<number | undefined> {
  for (const delivery of ['at-least-once', 'at-most-once'] as const) {
    const lane = `${shard.keys.prefix}lane:${laneOf(job.type, job.priority, delivery)}`;
    const place = await connection.lpos(lane, local, 'MAXLEN', SEARCH);
    if (typeof place === 'number') return place;
  }
  return undefined;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
