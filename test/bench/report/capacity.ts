import type { Results } from './results.ts';
import { markdown, shown } from './table.ts';

const RATE = 1_000_000;
/** How much of a core is planned for: the rest is for bursts, rewrites of the append-only file and the machine itself. */
const REDIS_LOAD = 0.6;
const PROCESS_LOAD = 0.7;
/** How long everything may stand still before the backlog no longer fits, s. */
const BACKLOG_SECONDS = 60;
const KEPT_PER_SHARD = 10_000;

export interface Plan {
  /** Jobs a second that one shard is planned for. */
  readonly perShard: number;
  readonly shards: number;
  readonly workerCores: number;
  readonly submitCores: number;
  /** Undefined when the HTTP figure was not measured. */
  readonly producers: number | undefined;
  /** Written to each shard's disk, bytes a second. */
  readonly diskPerShard: number;
  /** For a backlog of a minute and the kept jobs, bytes per shard. */
  readonly memoryPerShard: number;
}

/** @returns undefined when the run did not measure what the plan needs. */
export function planFor(rate: number, { measurements }: Results): Plan | undefined {
  const figure = (id: string): number | undefined =>
    measurements.find((one) => one.id === id && one.system === 'prodwork')?.value;
  const [redis, worker, load] = [figure('cpu.redis'), figure('cpu.worker'), figure('cpu.load')];
  const [waiting, completed] = [figure('memory.waiting'), figure('memory.completed')];
  const [aofIn, aofOut, http] = [figure('aof.enqueue'), figure('aof.drain'), figure('http.submit')];
  if (redis === undefined || worker === undefined || load === undefined) return undefined;
  if (waiting === undefined || completed === undefined || aofIn === undefined || aofOut === undefined) return undefined;
  const perShard = (100_000 / redis) * REDIS_LOAD;
  const shards = Math.ceil(rate / perShard);
  const each = rate / shards;
  return {
    perShard,
    shards,
    workerCores: Math.ceil((rate * worker) / 100_000 / PROCESS_LOAD),
    submitCores: Math.ceil((rate * load) / 100_000 / PROCESS_LOAD),
    producers: http === undefined ? undefined : Math.ceil(rate / (http * PROCESS_LOAD)),
    diskPerShard: each * (aofIn + aofOut),
    memoryPerShard: each * BACKLOG_SECONDS * waiting + KEPT_PER_SHARD * completed,
  };
}

/** The page that plans a million jobs a second, out of the figures of this run. */
export function capacityPage(results: Results): string | undefined {
  const plan = planFor(RATE, results);
  if (plan === undefined) return undefined;
  const gib = (bytes: number): string => shown(bytes / 1024 ** 3);
  const rows = [
    [
      'Jobs a second of one shard',
      shown(plan.perShard),
      `one Redis thread, ${REDIS_LOAD * 100} % busy (\`cpu.redis\`)`,
    ],
    ['Shards', String(plan.shards), 'a Redis thread and a core each'],
    [
      'Cores of workers',
      String(plan.workerCores),
      `handlers that do nothing, ${PROCESS_LOAD * 100} % busy (\`cpu.worker\`); add what your handlers need`,
    ],
    ['Cores that submit through the library', String(plan.submitCores), '`cpu.load`'],
    ...(plan.producers === undefined
      ? []
      : [
          [
            'Or producers, for submits over HTTP',
            String(plan.producers),
            'processes, each with the load beside it on this machine (`http.submit`)',
          ],
        ]),
    ['Disk, per shard', `${shown(plan.diskPerShard / 1024 ** 2)} MiB/s`, 'append-only file, before rewrites (`aof.*`)'],
    [
      'Memory, per shard',
      `${gib(plan.memoryPerShard)} GiB`,
      `a backlog of ${BACKLOG_SECONDS} s and ${KEPT_PER_SHARD.toLocaleString('en-US')} completed jobs (\`memory.*\`); twice that while the file is rewritten`,
    ],
  ];
  return [
    '# A million jobs a second',
    `Planned from the figures of [the benchmark](benchmark.md) of ${results.at.slice(0, 10)}; written together with it. Jobs of 120 bytes whose handlers do nothing: the queue's own cost.`,
    markdown(['What', 'How much', 'From'], rows),
    TEXT,
    '',
  ].join('\n\n');
}

const TEXT = `## How to lay it out

Redis runs scripts on one thread, so the unit of growth is the shard: a queue on a Redis of its own. A queue has one shard today. A million jobs a second is therefore many queues, split by something that jobs have anyway (customer, region, kind): \`jobs-0\` to \`jobs-n\`, the submitter choosing by a hash of it.

- Separate servers: one Redis per queue, with its own workers and \`REDIS_URL\`. Nothing is shared, so nothing can spread.
- Redis Cluster: every key of a queue has the hash tag \`{queue:shard}\`, so a queue lies in one slot and its scripts run on one node. Choose names whose slots spread evenly: slots are given by hash, and a few dozen names fall unevenly.

A worker serves one queue over a few connections, one of which blocks; a fleet of many processes costs Redis little while it waits, see [the growth curves](growth.md).

## What breaks first

1. The thread of Redis, long before its network: see \`cpu.redis\` and the share of the bare LPUSH + RPOP limit in \`cycles.limit\`.
2. The disk under the append-only file, when it is shared by several shards or is rewritten at peak. Stagger the rewrites.
3. Memory, when workers stand still: the backlog cap (\`QUEUE_BACKLOG_MAX\`, 1,000,000 by default) answers \`QUEUE_FULL\` first, which is its purpose; raise it to what the table says, and no further than memory goes.
4. Latency within one shard, with payloads of hundreds of KiB: a call that moves them holds up everybody else. Put large things into files and their names into jobs.`;
