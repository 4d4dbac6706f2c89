import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { machine, versions } from '../machine.ts';
import { median } from '../measure/stats.ts';
import type { BenchOptions } from '../options.ts';
import { REDIS_ARGS } from '../peers.ts';
import type { Surroundings } from '../peers-part.ts';
import { Child } from '../process/child.ts';
import type { HttpLoadReport, HttpLoadRequest } from '../process/messages.ts';
import { startProducer } from '../process/producer.ts';
import { startWorker } from '../process/worker-process.ts';
import { markdown, shown } from '../report/table.ts';
import { Stage } from '../scenarios/stage.ts';
import { usageOf } from './process-usage.ts';

export interface FootprintRow {
  readonly what: string;
  readonly unit: string;
  readonly value: number;
}

/** Start time, memory and idle CPU of the two programs. @returns the exit code. */
export async function footprintPart(options: BenchOptions, { root, command, say }: Surroundings): Promise<number> {
  const { isQuick } = options;
  const rows = [...(await idle(isQuick, say)), ...(await underLoad(isQuick, say))];
  const table = footprintTable(rows);
  process.stdout.write(`${table}\n`);
  const at = new Date().toISOString();
  if (options.json !== undefined) {
    const about = { machine: machine(), versions: versions(), command, at };
    await writeFile(options.json, `${JSON.stringify({ ...about, footprint: rows }, null, 1)}\n`);
  }
  const docs = options.docs ?? (isQuick ? undefined : join(root, 'docs'));
  if (docs !== undefined) {
    await mkdir(docs, { recursive: true });
    const { cores, cpu } = machine();
    const head = `Written by \`${command}\` on ${at.slice(0, 10)}, on ${cores} cores (${cpu}), from TypeScript as it stands in the checkout (a built package starts faster).`;
    await writeFile(join(docs, 'footprint.md'), ['# Footprint', head, table, ''].join('\n\n'));
  }
  return 0;
}

const footprintTable = (rows: readonly FootprintRow[]): string =>
  markdown(
    ['What', 'Figure', 'Unit'],
    rows.map(({ what, value, unit }) => [what, shown(value), unit]),
  );

const mib = (bytes: number): number => bytes / 1024 ** 2;

async function idle(isQuick: boolean, say: (line: string) => void): Promise<readonly FootprintRow[]> {
  const starts = isQuick ? 1 : 5;
  const seconds = isQuick ? 1 : 15;
  return withRedis(async (redis) => {
    const startOf = async (
      name: string,
      start: (url: string) => Promise<{ readyMs: number; leave(): Promise<void> }>,
    ) => {
      const times: number[] = [];
      for (let run = 0; run < starts; run++) {
        say(`start of the ${name}, ${run + 1} of ${starts}`);
        const started = await start(redis.url);
        times.push(started.readyMs);
        await started.leave();
      }
      return { what: `start of the ${name}, process to ready`, unit: 'ms', value: median(times) };
    };
    const rows: FootprintRow[] = [
      await startOf('producer', (url) => startProducer(url, {})),
      await startOf('worker', startWorker),
    ];
    const [producer, worker] = [await startProducer(redis.url, {}), await startWorker(redis.url)];
    try {
      say(`idle for ${seconds} s`);
      const pids = { producer: producer.pid, worker: worker.pid, Redis: redis.pid };
      // What starting left behind is collected in the first seconds.
      await pause(isQuick ? 200 : 5_000);
      for (const [name, pid] of Object.entries(pids)) {
        rows.push({ what: `memory of the idle ${name}`, unit: 'MiB', value: mib((await usageOf(pid)).rssBytes) });
      }
      const before = await Promise.all(Object.values(pids).map(usageOf));
      await pause(seconds * 1000);
      const after = await Promise.all(Object.values(pids).map(usageOf));
      for (const [at, name] of Object.keys(pids).entries()) {
        const usedMs = (after[at]?.cpuMs ?? 0) - (before[at]?.cpuMs ?? 0);
        rows.push({ what: `CPU of the idle ${name}`, unit: '% of a core', value: usedMs / (seconds * 10) });
      }
    } finally {
      await Promise.all([producer.leave(), worker.leave()]);
    }
    return rows;
  });
}

async function underLoad(isQuick: boolean, say: (line: string) => void): Promise<readonly FootprintRow[]> {
  const rows: FootprintRow[] = [];
  const jobs = isQuick ? 500 : 200_000;
  say(`a worker with 100 slots, ${jobs} jobs`);
  const stage = await Stage.open('prodwork');
  try {
    await stage.enqueue({ jobs, mode: 'bulk' });
    await stage.endLoad();
    await stage.work({ workers: 1, concurrency: 100 }, jobs);
    await stage.effects(jobs);
    await stage.settled();
    const [pid] = stage.workerPids();
    if (pid !== undefined) {
      rows.push({
        what: 'memory of a worker at full load, highest',
        unit: 'MiB',
        value: mib((await usageOf(pid)).peakBytes),
      });
    }
    await stage.reports();
  } finally {
    await stage.close();
  }
  say('a producer under HTTP load');
  rows.push(await producerUnderLoad(isQuick));
  return rows;
}

function producerUnderLoad(isQuick: boolean): Promise<FootprintRow> {
  return withRedis(async (redis) => {
    const producer = await startProducer(redis.url, { PRODUCER_API_PER_SECOND: '1000000' });
    const load = new Child<HttpLoadRequest>('http-load-main.ts', {});
    try {
      const body = JSON.stringify({ type: 'sleep', payload: { seconds: 2 } });
      const times = { warmMs: 100, measureMs: isQuick ? 200 : 5_000 };
      await load.ask<HttpLoadReport>({ url: `${producer.url}/api/jobs`, body, connections: 64, ...times });
      const { peakBytes } = await usageOf(producer.pid);
      return { what: 'memory of a producer at full load, highest', unit: 'MiB', value: mib(peakBytes) };
    } finally {
      await Promise.all([load.leave(), producer.leave()]);
    }
  });
}

async function withRedis<T>(use: (redis: RedisServer) => Promise<T>): Promise<T> {
  const redis = await startRedis(REDIS_ARGS);
  try {
    return await use(redis);
  } finally {
    await redis.stop();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
