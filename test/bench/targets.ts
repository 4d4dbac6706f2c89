import type { Owner } from './figures.ts';

/** What a figure is, and what ours is held to. */
export interface Target {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** The other side of the ratio: another system's figure of the same id, or another figure of ours. */
  readonly against?: { readonly system: Owner; readonly id?: string };
  /** Ours over theirs. */
  readonly must?: number;
  readonly aim?: number;
}

const rate = { unit: 'jobs/s', better: 'higher' } as const;
const peer = { system: 'bullmq' } as const;
const cpu = { unit: 's/100k jobs', better: 'lower' } as const;
const bytes = { unit: 'B/job', better: 'lower' } as const;

/** Every figure, in the order of the tables. */
export const TARGETS: readonly Target[] = [
  { id: 'enqueue.singles', title: 'submit one by one, 100 in flight', ...rate, against: peer, must: 4, aim: 7 },
  { id: 'enqueue.bulk1000', title: 'submit in bulk, 1,000 a call', ...rate, against: peer, must: 6, aim: 15 },
  { id: 'drain.p1.c1', title: 'drain, 1 process, 1 slot', ...rate, against: peer, must: 1.3, aim: 2 },
  { id: 'drain.p1.c10', title: 'drain, 1 process, 10 slots', ...rate, against: peer, must: 2.5, aim: 4 },
  { id: 'drain.p1.c100', title: 'drain, 1 process, 100 slots', ...rate, against: peer, must: 4, aim: 8 },
  { id: 'drain.p2.c10', title: 'drain, 2 processes, 10 slots each', ...rate, against: peer, must: 4, aim: 8 },
  { id: 'drain.p2.c100', title: 'drain, 2 processes, 100 slots each', ...rate, against: peer, must: 6, aim: 14 },
  { id: 'drain.p1.c100.2ms', title: 'drain, handler of 2 ms, 100 slots', ...rate, against: peer, must: 2.5, aim: 3.2 },
  latency('p50', 0.6, 0.35),
  latency('p99', 0.6, 0.3),
  { id: 'memory.waiting', title: 'Redis memory of a waiting job', ...bytes, against: peer, must: 0.5, aim: 0.3 },
  { id: 'memory.completed', title: 'Redis memory of a completed job', ...bytes, against: peer, must: 0.5, aim: 0.3 },
  { id: 'cpu.redis', title: 'CPU of Redis, submit to result', ...cpu, against: peer, must: 1 / 5, aim: 1 / 12 },
  { id: 'cpu.worker', title: 'CPU of the worker, 100 slots', ...cpu, against: peer, must: 1 / 4, aim: 1 / 8 },
  {
    id: 'http.submit',
    title: 'POST a job over HTTP, against a bare Fastify route',
    unit: 'requests/s',
    better: 'higher',
    against: { system: 'fastify' },
    must: 0.65,
    aim: 0.9,
  },
  against('drain.backlog1m', 'drain with 1,000,000 waiting, against 50,000', 'drain.backlog50k'),
  against('drain.delayed10k', '10,000 delayed jobs that fall due together, against plain ones', 'drain.plain10k'),
  against('drain.priorities3', 'drain of three priorities mixed, against one', 'drain.plain50k'),
  {
    id: 'cycles.limit',
    title: 'jobs, submit to result, per second of Redis CPU, against bare LPUSH + RPOP pairs',
    unit: 'jobs/CPU s',
    better: 'higher',
    against: { system: 'redis-benchmark' },
    must: 0.25,
    aim: 0.6,
  },
  // Figures without a promise: what the ones above are made of.
  { id: 'drain.backlog50k', title: 'drain with 50,000 waiting', ...rate },
  { id: 'drain.plain50k', title: 'drain of 50,000 jobs of one priority', ...rate },
  { id: 'drain.plain10k', title: 'drain of 10,000 plain jobs', ...rate },
  { id: 'cpu.redis.enqueue', title: 'CPU of Redis, submit', ...cpu },
  { id: 'cpu.redis.drain', title: 'CPU of Redis, claim and settle', ...cpu },
  { id: 'cpu.load', title: 'CPU of the submitting process', ...cpu },
  { id: 'aof.enqueue', title: 'append-only file, submit', ...bytes },
  { id: 'aof.drain', title: 'append-only file, claim and settle', ...bytes },
];

function latency(share: 'p50' | 'p99', must: number, aim: number): Target {
  const title = `submit to start at 200 jobs/s, ${share}`;
  return { id: `latency.${share}`, title, unit: 'ms', better: 'lower', against: peer, must, aim };
}

/** Ours against ours, under easier circumstances. */
function against(id: string, title: string, other: string): Target {
  return { id, title, ...rate, against: { system: 'prodwork', id: other }, must: 0.7, aim: 0.9 };
}

export const targetOf = (id: string): Target | undefined => TARGETS.find((target) => target.id === id);

/** Does a ratio reach a bound? Rates want to be above it, costs below. */
export const reaches = ({ better }: Target, ratio: number, bound: number): boolean =>
  better === 'higher' ? ratio >= bound : ratio <= bound;
