import type { Why, WorkerView } from '../../engine/inspector.ts';
import { isFinal } from '../../job/final.ts';
import { type Hold, hasFreeSlot } from './hold.ts';
import type { QueueStore } from './queue-store.ts';
import type { MemoryJob } from './record.ts';

export function viewWorker({ context, jobs, condition, startedAt, renewedAt, isQuiet }: Hold): WorkerView {
  const { incarnation, name, host, pid, version, slots, types } = context.options;
  const vitals = context.vitals();
  const state = condition === 'frozen' ? 'missing' : isQuiet && vitals.state === 'running' ? 'quiet' : vitals.state;
  return {
    id: incarnation,
    name,
    host,
    pid,
    version,
    startedAt,
    heartbeatAt: renewedAt,
    state,
    slots,
    types: types.map(({ type }) => type),
    jobs: [...jobs.values()].map((job) => ({
      id: job.id,
      type: job.type,
      startedAt: job.deliveries.at(-1)?.startedAt ?? startedAt,
    })),
    rssBytes: vitals.rssBytes,
    ...(vitals.restarts === undefined ? {} : { restarts: vitals.restarts }),
    ...(vitals.lastDeath === undefined ? {} : { lastDeath: vitals.lastDeath }),
  };
}

export function whyNot(queue: QueueStore, job: MemoryJob): Why {
  const { state } = job;
  const because = (reason: Why['reason'], detail: string): Why => ({ state, reason, detail });
  if (isFinal(state)) return because('final', `It is over: ${state}.`);
  if (state === 'active') {
    const holder = job.deliveries.at(-1)?.worker ?? 'a worker';
    return job.isCancelRequested
      ? because('cancel-requested', `A cancel was asked for; ${holder} has still to stop it.`)
      : because('active', `${holder} runs it.`);
  }
  if (state === 'scheduled') {
    return because('due-later', `It is due at ${new Date(job.runAt ?? 0).toISOString()}.`);
  }
  return { ...whyWaiting(queue, job), ahead: queue.lanes.ahead(job) };
}

function whyWaiting(queue: QueueStore, { state, type }: MemoryJob): Why {
  const workers = [...queue.holds.values()].filter(({ condition }) => condition === 'alive');
  const able = workers.filter(({ types }) => types.has(type));
  if (queue.isPaused) return { state, reason: 'paused', detail: `The queue ${queue.name} is paused.` };
  if (workers.length === 0) return { state, reason: 'no-worker', detail: 'No worker serves the queue.' };
  if (able.length === 0) return { state, reason: 'no-able-worker', detail: `No worker knows the type ${type}.` };
  if (!able.some(hasFreeSlot)) return { state, reason: 'no-free-slot', detail: 'Every able worker is busy.' };
  return { state, reason: 'about-to-start', detail: 'A worker is free and takes it next.' };
}
