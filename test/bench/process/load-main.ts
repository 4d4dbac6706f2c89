import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../measure/moments.ts';
import { openSystem } from '../systems/open.ts';
import type { AddOptions, Payload } from '../systems/system.ts';
import type { EnqueueReport, EnqueueRequest, LoadRequest, LoadSpec, PaceRequest } from './messages.ts';
import { serve, specOf } from './serve.ts';
import { cpuMs } from './tally.ts';

/** The process that submits: as many at once, or at the pace, that it is asked for. */
const IN_FLIGHT = 100;
const BULK = 1_000;
const WARM_SHARE = 0.2;
const PRIORITIES = ['high', 'normal', 'low'] as const;

const spec = specOf<LoadSpec>();
const system = await openSystem(spec.system);
const producer = await system.produce(spec.redisUrl);

serve<LoadRequest>((request) => {
  switch (request.kind) {
    case 'enqueue':
      return enqueue(request);
    case 'pace':
      return pace(request);
  }
});
process.once('SIGTERM', () => void producer.close().finally(() => process.exit(0)));

async function enqueue(request: EnqueueRequest): Promise<EnqueueReport> {
  const { jobs, mode } = request;
  const look = (stored: number) => ({ stored, at: now(), cpuMs: cpuMs() });
  let stored = 0;
  let from = look(0);
  const onStored = (count: number): void => {
    const isWarmNow = stored < jobs * WARM_SHARE && stored + count >= jobs * WARM_SHARE;
    stored += count;
    // A run so small that one call is all of it is counted from its beginning.
    if (isWarmNow && stored < jobs) from = look(stored);
  };
  await (mode === 'bulk' ? bulks(request, onStored) : singles(request, onStored));
  const to = look(stored);
  const counted = to.stored - from.stored;
  return {
    jobs,
    perSecond: (counted / (to.at - from.at)) * 1000,
    cpuMsPerJob: (to.cpuMs - from.cpuMs) / counted,
  };
}

async function singles(request: EnqueueRequest, onStored: (count: number) => void): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < request.jobs) {
      const n = request.from + next++;
      await producer.add(payloadOf(n, request.payloadBytes), optionsOf(n, request));
      onStored(1);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

async function bulks(request: EnqueueRequest, onStored: (count: number) => void): Promise<void> {
  // Megabytes a call make no sense for large payloads; no system would be fed like that.
  const size = Math.max(1, Math.min(BULK, Math.floor(2_000_000 / (request.payloadBytes ?? 120))));
  // Priorities differ per call, since bulk options do.
  for (let done = 0; done < request.jobs; done += size) {
    const count = Math.min(size, request.jobs - done);
    const payloads = Array.from({ length: count }, (_, at) =>
      payloadOf(request.from + done + at, request.payloadBytes),
    );
    await producer.addBulk(payloads, optionsOf(done / size, request));
    onStored(count);
  }
}

/** Submits at fixed times, whatever the answers take: a slow answer must not make the load lighter. */
async function pace({ from, jobs, perSecond }: PaceRequest): Promise<void> {
  const everyMs = 1000 / perSecond;
  const beganAt = now();
  const answers: Promise<unknown>[] = [];
  for (let n = 0; n < jobs; n++) {
    const waitMs = beganAt + n * everyMs - now();
    if (waitMs > 0.5) await sleep(waitMs);
    answers.push(producer.add({ ...payloadOf(from + n), at: now() }));
  }
  await Promise.all(answers);
}

function payloadOf(n: number, bytes = 120): Payload {
  const bare = `{"n":${n},"at":0,"pad":""}`.length;
  return { n, at: 0, pad: PAD.slice(0, Math.max(0, bytes - bare)) };
}
const PAD = 'x'.repeat(256 * 1024);

function optionsOf(turn: number, { priorities, runAt, queues }: EnqueueRequest): AddOptions | undefined {
  if (queues !== undefined) return { queue: `queue-${turn % queues}` };
  if (runAt !== undefined) return { runAt };
  return priorities === 'mixed' ? { priority: PRIORITIES[turn % 3] ?? 'normal' } : undefined;
}
