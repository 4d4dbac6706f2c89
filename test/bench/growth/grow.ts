import { freemem } from 'node:os';
import { drainRate, SHORT_WARM_SHARE, workerCpuMsPerJob } from '../measure/drain-figures.ts';
import { Stage } from '../scenarios/stage.ts';
import { open } from '../systems/prodwork.ts';
import { Curves, type Growth } from './curve.ts';
import { scriptCalls } from './script-calls.ts';

/** ms of CPU per job as CPU seconds per 100,000 jobs. */
const CPU = 's/100k jobs';
const per100k = (msPerJob: number): number => msPerJob * 100;
const CREW = { workers: 1, concurrency: 100 } as const;

export interface GrowOptions {
  readonly isQuick: boolean;
  readonly say: (line: string) => void;
  readonly isStopping: () => boolean;
}

async function grow(
  head: Pick<Growth, 'id' | 'title' | 'x'>,
  steps: readonly number[],
  { say, isStopping }: GrowOptions,
  take: (x: number, add: (title: string, unit: string, y: number) => void, stage: Stage) => Promise<string | undefined>,
): Promise<Growth> {
  const curves = new Curves();
  const leftOut: string[] = [];
  for (const x of steps) {
    if (isStopping()) break;
    say(`${head.id}: ${x.toLocaleString('en-US')}`);
    const stage = await Stage.open('prodwork');
    try {
      const reason = await take(x, (title, unit, y) => curves.add(x, title, unit, y), stage);
      if (reason !== undefined) leftOut.push(`${x.toLocaleString('en-US')}: ${reason}`);
    } finally {
      await stage.close();
    }
  }
  return { ...head, curves: curves.all(), leftOut };
}

/** Redis needs about this much per job, and its copy on disk as much again in the page cache. */
const BYTES_PER_JOB = 700;

/** A backlog of every size, and what it costs to add to it and to take from it. */
export function growWaiting(options: GrowOptions): Promise<Growth> {
  const steps = options.isQuick ? [1_000, 3_000] : [1e3, 1e4, 1e5, 1e6, 1e7];
  const moved = options.isQuick ? 500 : 20_000;
  const head = { id: 'waiting', title: 'Jobs waiting', x: 'jobs waiting' } as const;
  return grow(head, steps, options, async (waiting, add, stage) => {
    if (waiting * BYTES_PER_JOB > freemem() * 0.6) return 'not enough free memory';
    const empty = await stage.cost();
    await stage.enqueue({ jobs: waiting, mode: 'bulk' });
    const filled = await stage.cost();
    const calls = await scriptCalls(stage.redis());
    const submit = await stage.enqueue({ jobs: moved, mode: 'singles' });
    const stored = await stage.cost();
    await stage.endLoad();
    await stage.work(CREW, stage.submitted, moved);
    await stage.effects(moved);
    const drained = await stage.cost();
    const slowestMs = await calls.slowestMs();
    const reports = await stage.stopMidway();
    add('submit, 100 in flight', 'jobs/s', submit.perSecond);
    add('drain, 100 slots', 'jobs/s', drainRate(reports, SHORT_WARM_SHARE));
    add('CPU of Redis, submit', CPU, per100k((stored.cpuMs - filled.cpuMs) / moved));
    add('CPU of Redis, claim and settle', CPU, per100k((drained.cpuMs - stored.cpuMs) / moved));
    add('Redis memory', 'B/job', (filled.dataBytes - empty.dataBytes) / waiting);
    add('slowest script call', 'ms', slowestMs);
    return undefined;
  });
}

/** Worker processes on one queue. On this machine they share its cores, so CPU says more than the rate. */
export function growWorkers(options: GrowOptions): Promise<Growth> {
  const steps = options.isQuick ? [1, 2] : [1, 2, 4, 8, 16, 32, 64];
  const jobs = options.isQuick ? 500 : 100_000;
  const head = { id: 'workers', title: 'Worker processes, 10 slots each', x: 'workers' } as const;
  return grow(head, steps, options, async (workers, add, stage) => {
    await stage.enqueue({ jobs, mode: 'bulk' });
    await stage.endLoad();
    const before = await stage.cost();
    await stage.work({ workers, concurrency: 10 }, jobs);
    await stage.effects(jobs);
    await stage.settled();
    const after = await stage.cost();
    const reports = await stage.reports();
    add('drain', 'jobs/s', drainRate(reports, SHORT_WARM_SHARE));
    add('CPU of Redis, claim and settle', CPU, per100k((after.cpuMs - before.cpuMs) / jobs));
    add('CPU of the workers', CPU, per100k(workerCpuMsPerJob(reports, SHORT_WARM_SHARE)));
    const seconds = options.isQuick ? 1 : 5;
    const idle = await stage.cost();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    add(
      'CPU of Redis while all of them wait',
      '%',
      (await stage.cost()).cpuMs / (seconds * 10) - idle.cpuMs / (seconds * 10),
    );
    return undefined;
  });
}

/** Many queues: submits spread over all of them, and a look at all of them. */
export function growQueues(options: GrowOptions): Promise<Growth> {
  const steps = options.isQuick ? [1, 10] : [1, 10, 100, 1_000];
  const jobs = options.isQuick ? 500 : 100_000;
  const head = { id: 'queues', title: 'Queues, submits spread over all of them', x: 'queues' } as const;
  return grow(head, steps, options, async (queues, add, stage) => {
    const before = await stage.cost();
    const submit = await stage.enqueue({ jobs, mode: 'singles', queues });
    const after = await stage.cost();
    await stage.endLoad();
    const seen = await look(stage.server.url);
    if (seen.waiting !== jobs) throw new Error(`${jobs} jobs were accepted, ${seen.waiting} wait in ${queues} queues`);
    add('submit, 100 in flight', 'jobs/s', submit.perSecond);
    add('CPU of Redis, submit', CPU, per100k((after.cpuMs - before.cpuMs) / jobs));
    add('CPU of the submitting process', CPU, per100k(submit.cpuMsPerJob));
    add('Redis memory', 'B/job', (after.dataBytes - before.dataBytes) / jobs);
    add('counts of all queues, once', 'ms', seen.tookMs);
    return undefined;
  });
}

async function look(redisUrl: string): Promise<{ readonly waiting: number; readonly tookMs: number }> {
  const engine = await open('lease', redisUrl);
  const inspector = engine.inspector();
  try {
    await inspector.start();
    await inspector.queues();
    const beganAt = performance.now();
    const queues = await inspector.queues();
    const tookMs = performance.now() - beganAt;
    return { waiting: queues.reduce((sum, { counts }) => sum + counts.waiting, 0), tookMs };
  } finally {
    await inspector.stop();
    await engine.close();
  }
}

/** Payloads up to the largest that is allowed by default. */
export function growPayload(options: GrowOptions): Promise<Growth> {
  const steps = options.isQuick ? [100, 4_096] : [100, 1_024, 8_192, 65_536, 262_144];
  const head = { id: 'payload', title: 'Payload size', x: 'bytes of payload' } as const;
  return grow(head, steps, options, async (bytes, add, stage) => {
    const jobs = options.isQuick ? 500 : Math.max(1_000, Math.min(50_000, Math.floor(300e6 / bytes)));
    const before = await stage.cost();
    const submit = await stage.enqueue({ jobs, mode: 'singles', payloadBytes: bytes });
    const stored = await stage.cost();
    await stage.endLoad();
    const calls = await scriptCalls(stage.redis());
    await stage.work(CREW, jobs);
    await stage.effects(jobs);
    await stage.settled();
    const drained = await stage.cost();
    const slowestMs = await calls.slowestMs();
    const rate = drainRate(await stage.reports(), SHORT_WARM_SHARE);
    add('submit, 100 in flight', 'jobs/s', submit.perSecond);
    add('drain, 100 slots', 'jobs/s', rate);
    add('drain, as bytes', 'MiB/s', (rate * bytes) / 1024 ** 2);
    add('CPU of Redis, submit', CPU, per100k((stored.cpuMs - before.cpuMs) / jobs));
    add('CPU of Redis, claim and settle', CPU, per100k((drained.cpuMs - stored.cpuMs) / jobs));
    add('slowest script call', 'ms', slowestMs);
    return undefined;
  });
}
