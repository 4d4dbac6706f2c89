import { JOB_STATES } from 'prodwork/job/job';
import { until } from '../support/until.ts';
import type { Model, ModelJob } from './model.ts';
import { QUEUE, type Rig } from './rig.ts';

const WITHIN_MS = 15_000;

/** Waits until model and engine agree on every job, and throws what they disagree on when they do not. */
export async function sync(model: Model, rig: Rig): Promise<void> {
  const settledAtStart = new Set(
    [...model.jobs.values()].filter(({ goesTo }) => goesTo === undefined).map(({ id }) => id),
  );
  const claimed: ModelJob[] = [];
  let difference: string | undefined = 'nothing was looked at';
  let violation: Error | undefined;
  const agree = async (): Promise<boolean> => {
    try {
      difference = await look(model, rig, claimed);
    } catch (error) {
      violation = error instanceof Error ? error : new Error(String(error));
    }
    return violation !== undefined || difference === undefined;
  };
  await until('agreement', agree, WITHIN_MS).catch(() => {
    throw new Error(`no agreement: ${difference}`);
  });
  if (violation) throw violation;
  // Only now: claims of different workers arrive in any order.
  model.checkOrder(claimed, settledAtStart);
}

async function look(model: Model, rig: Rig, claimed: ModelJob[]): Promise<string | undefined> {
  const ids = [...model.jobs.keys()];
  const seen = await rig.inspector.jobs(ids, QUEUE);
  const { counts, isPaused } = await rig.inspector.queue(QUEUE);
  hearClaims(model, rig, claimed);
  for (const [at, job] of [...model.jobs.values()].entries()) {
    // What was on its way has arrived.
    if (job.goesTo !== undefined && (seen[at]?.state ?? 'gone') === job.goesTo) {
      Object.assign(job, { state: job.goesTo, goesTo: undefined });
    }
    if (job.goesTo !== undefined) return `${job.id} is still ${seen[at]?.state}, on its way to ${job.goesTo}`;
    const difference = model.difference(job, seen[at]);
    if (difference !== undefined) return difference;
  }
  if (model.hasWorkToHandOut()) return 'a job waits while a slot is free';
  if (isPaused !== model.isPaused) return `paused is ${isPaused}`;
  for (const state of JOB_STATES) {
    const expected = [...model.jobs.values()].filter((job) => job.state === state).length;
    if (counts[state] !== expected) return `${counts[state]} jobs are counted as ${state}, not ${expected}`;
  }
  return undefined;
}

function hearClaims(model: Model, rig: Rig, claimed: ModelJob[]): void {
  for (const [name, entry] of rig.workers) {
    for (const claim of entry.worker.claims.slice(entry.told)) {
      entry.told += 1;
      model.claimed(name, claim);
      const job = model.jobs.get(claim.id);
      if (job) claimed.push(job);
    }
    const lost = entry.worker.lost.find(({ id, fence }) => model.workers.get(name)?.hand.get(id)?.fence === fence);
    if (lost) throw new Error(`${name} was told that it lost ${lost.id}, and nothing had happened to it`);
  }
}
