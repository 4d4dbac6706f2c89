import { JOB_STATES, type Job } from 'prodwork/job/job';
import { expect } from 'vitest';
import { until } from '../support/until.ts';
import type { Lab } from './lab.ts';

/** Every job of a state, over all pages. */
export async function listAll(lab: Lab, state?: Job['state']): Promise<readonly Job[]> {
  const jobs: Job[] = [];
  let cursor: string | undefined;
  do {
    const page = await lab.inspector.list({
      queue: lab.queue,
      limit: 200,
      ...(state === undefined ? {} : { state }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    jobs.push(...page.jobs);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return jobs;
}

/**
 * Each job is in exactly one state, the counts add up to what is listed, and a final state has a time.
 * Looked at until a whole look is consistent: a worker may be moving jobs between two reads.
 */
export async function checkInvariants(lab: Lab): Promise<void> {
  let fault = 'not looked at';
  const isSound = async (): Promise<boolean> => {
    fault = (await findFault(lab)) ?? '';
    return fault === '';
  };
  await until('consistent states', isSound, 15_000).catch(() => expect(fault).toBe(''));
}

async function findFault(lab: Lab): Promise<string | undefined> {
  const { counts } = await lab.inspector.queue(lab.queue);
  const seen = new Map<string, string>();
  for (const state of JOB_STATES) {
    const jobs = await listAll(lab, state);
    if (jobs.length !== counts[state]) return `${state}: ${counts[state]} counted, ${jobs.length} listed`;
    for (const job of jobs) {
      if (job.state !== state) return `${job.id} is listed as ${state} and says ${job.state}`;
      const before = seen.get(job.id);
      if (before !== undefined) return `${job.id} is listed as ${before} and as ${state}`;
      seen.set(job.id, state);
    }
  }
  return undefined;
}
