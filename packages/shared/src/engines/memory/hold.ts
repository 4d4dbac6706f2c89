import type { Claim, ConsumerContext } from '../../engine/consumer.ts';
import type { MemoryJob } from './record.ts';

/** What one incarnation of a worker has in hand, and whether it is alive. */
export interface Hold {
  readonly context: ConsumerContext;
  readonly types: ReadonlySet<string>;
  readonly startedAt: number;
  /** By job id. The fence that was given out with it is the job's own. */
  readonly jobs: Map<string, MemoryJob>;
  /** `frozen`: the process is stopped, neither renews nor hears. */
  condition: 'alive' | 'frozen';
  isQuiet: boolean;
  slots: number;
  renewedAt: number;
}

export function newHold(context: ConsumerContext, now: number): Hold {
  return {
    context,
    types: new Set(context.options.types.map(({ type }) => type)),
    startedAt: now,
    jobs: new Map(),
    condition: 'alive',
    isQuiet: false,
    slots: context.options.slots,
    renewedAt: now,
  };
}

export const hasFreeSlot = (hold: Hold): boolean =>
  hold.condition === 'alive' && !hold.isQuiet && hold.jobs.size < hold.slots;

/** What the worker is told about a job that was just claimed for it. */
export function claimOf(job: MemoryJob): Claim {
  return {
    id: job.id,
    queue: job.queue,
    type: job.type,
    payloadJson: job.payloadJson,
    priority: job.priority,
    maxAttempts: job.maxAttempts,
    ...(job.timeoutMs === undefined ? {} : { timeoutMs: job.timeoutMs }),
    createdAt: job.createdAt,
    generation: job.generation,
    delivery: job.handOvers,
    attempt: job.attempts + 1,
    fence: job.fence,
    isSuspect: job.deaths >= 2,
  };
}
