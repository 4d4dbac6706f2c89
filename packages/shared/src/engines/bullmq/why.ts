import type { Why, WorkerView } from '../../engine/inspector.ts';
import { isFinal } from '../../job/final.ts';
import type { Job } from '../../job/job.ts';

export function explain(job: Job, isPaused: boolean, workers: readonly WorkerView[]): Why {
  const { state } = job;
  const because = (reason: Why['reason'], detail: string): Why => ({ state, reason, detail });
  if (isFinal(state)) return because('final', `It is over: ${state}.`);
  if (state === 'active') {
    const holder = job.deliveries.at(-1)?.worker ?? 'A BullMQ worker';
    return job.cancelRequested
      ? because('cancel-requested', `A cancel was asked for; ${holder} has still to stop it.`)
      : because('active', `${holder} runs it.`);
  }
  if (state === 'scheduled') return because('due-later', `It is due at ${new Date(job.runAt ?? 0).toISOString()}.`);
  const living = workers.filter((worker) => worker.state === 'running');
  if (isPaused) return because('paused', `The queue ${job.queue} is paused.`);
  if (living.length === 0) return because('no-worker', 'No worker of ours serves the queue.');
  if (!living.some(({ jobs, slots }) => jobs.length < slots)) return because('no-free-slot', 'Every worker is busy.');
  return because('about-to-start', 'A worker is free and takes it next.');
}
