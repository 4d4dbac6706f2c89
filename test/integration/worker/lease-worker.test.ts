import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Job, JobState } from 'prodwork/job/job';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { readLedger, startWorker, type WorkerProcess } from '../../support/worker-process.ts';

const SUSPECT_MAIN = fileURLToPath(new URL('../../support/suspect-main.ts', import.meta.url));
const LEASE = { leaseMs: 1_000, heartbeatMs: 300, deliveryLimit: 4 };

let redis: RedisServer;
let lab: Lab;
let dir: string;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'prodwork-worker-'));
  lab = await Lab.open('lease', redis.url, LEASE);
});
afterEach(async () => {
  for (const worker of workers) worker.signal('SIGKILL');
  await Promise.all(workers.splice(0).map(({ ended }) => ended));
  await lab.close();
  await rm(dir, { recursive: true, force: true });
});

const ledgerFile = () => join(dir, 'ledger.jsonl');

async function worker(name: string, env: NodeJS.ProcessEnv = {}, main?: string): Promise<WorkerProcess> {
  const started = await startWorker(
    name,
    {
      REDIS_URL: redis.url,
      QUEUE_PREFIX: lab.prefix,
      QUEUE_NAME: lab.queue,
      QUEUE_LEASE_MS: String(LEASE.leaseMs),
      QUEUE_HEARTBEAT_MS: String(LEASE.heartbeatMs),
      QUEUE_DELIVERY_LIMIT: String(LEASE.deliveryLimit),
      WORKER_LEDGER_FILE: ledgerFile(),
      ...env,
    },
    main,
  );
  workers.push(started);
  return started;
}

const sleepFor = (seconds: number) => lab.submit({ type: 'sleep', payloadJson: JSON.stringify({ seconds }) });
const suspectOf = (how: string, more = {}) =>
  lab.submit({ type: 'suspect', payloadJson: JSON.stringify({ how }), ...more });
const starts = (id: string) => readLedger(ledgerFile()).filter((line) => line.e === 'start' && line.id === id);
const commits = (id: string) => readLedger(ledgerFile()).filter((line) => line.e === 'commit' && line.id === id);

const startedBy = (id: string, name: string) =>
  until(`${name} to start ${id}`, () => starts(id).find((line) => line.worker === name), 30_000);

const jobIn = async (id: string, state: JobState): Promise<Job | undefined> => {
  const job = await lab.job(id);
  return job.state === state ? job : undefined;
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a worker on the lease engine', () => {
  test('runs what is submitted, and its probes say that it consumes', async () => {
    const one = await worker('worker-1');
    const primes = await lab.submit({ type: 'primes', payloadJson: '{"upTo":1000000}' });
    expect(await lab.inState(primes.id, 'completed')).toMatchObject({ result: { count: 78_498, largest: 999_983 } });
    expect((await one.get('/healthz')).status).toBe(200);
    expect((await one.get('/readyz')).status).toBe(200);
    expect(await (await one.get('/metrics')).text()).toContain(
      'prodwork_jobs_total{type="primes",outcome="complete"} 1',
    );
  });

  test('killed with -9 in the middle of a job: another one starts it again, and it is completed once', async () => {
    const one = await worker('worker-1');
    const { id } = await sleepFor(0.5);
    await startedBy(id, 'worker-1');
    one.signal('SIGKILL');
    await worker('worker-2');
    const job = await lab.inState(id, 'completed');
    expect(starts(id).map((line) => [line.worker, line.delivery, line.attempt])).toEqual([
      ['worker-1', 1, 1],
      ['worker-2', 2, 1],
    ]);
    expect(commits(id)).toHaveLength(1);
    expect(job).toMatchObject({ attempts: 1 });
  });

  test('asked to stop: the short job finishes, the long one is handed back without an attempt spent, exit 0', async () => {
    const one = await worker('worker-1', { WORKER_DRAIN_MS: '1500' });
    const [short, long] = [await sleepFor(0.5), await sleepFor(3600)];
    await Promise.all([startedBy(short.id, 'worker-1'), startedBy(long.id, 'worker-1')]);
    await worker('worker-2', { WORKER_DRAIN_MS: '0' });
    one.signal('SIGTERM');
    expect(await one.ended).toBe(0);
    expect(await lab.inState(short.id, 'completed')).toMatchObject({ deliveries: [{ worker: 'worker-1' }] });
    const again = await startedBy(long.id, 'worker-2');
    expect(again).toMatchObject({ delivery: 2, attempt: 1 });
    expect(await lab.job(long.id)).toMatchObject({ attempts: 0, deliveries: [{ outcome: 'released' }, {}] });
  });

  test('frozen past its lease: its job moves, and what it settles on waking is answered lost', async () => {
    const one = await worker('worker-1');
    const { id } = await sleepFor(1);
    await startedBy(id, 'worker-1');
    one.signal('SIGSTOP');
    await worker('worker-2');
    await startedBy(id, 'worker-2');
    await lab.inState(id, 'completed');
    one.signal('SIGCONT');
    await until('the first worker to learn that it lost', () =>
      readLedger(ledgerFile()).some((line) => line.e === 'lost' && line.id === id && line.worker === 'worker-1'),
    );
    expect(commits(id).map((line) => line.worker)).toEqual(['worker-2']);
    // It goes on as if nothing had happened.
    const next = await sleepFor(0);
    await lab.inState(next.id, 'completed');
    expect((await one.get('/healthz')).status).toBe(200);
  });

  test('a cancel reaches the handler of another process', async () => {
    await worker('worker-1');
    const { id } = await sleepFor(3600);
    await startedBy(id, 'worker-1');
    expect(await lab.inspector.cancel(id, lab.queue)).toBe('requested');
    await lab.inState(id, 'cancelled');
  });

  test('a payload planted in Redis kills its job, not the worker', async () => {
    await worker('worker-1');
    const { id } = await lab.submit({ type: 'sleep', payloadJson: '{"seconds":1,"__proto__":{"polluted":true}}' });
    expect(await lab.inState(id, 'dead')).toMatchObject({ error: { code: 'INVALID_PAYLOAD' } });
    const next = await sleepFor(0);
    await lab.inState(next.id, 'completed');
  });

  test('of two living workers with one name the second does not stay', async () => {
    await worker('worker-1');
    await expect(worker('worker-1')).rejects.toThrow(/ended with 1/);
  });

  test('Redis away and back: the worker is not ready meanwhile, stays healthy, and consumes again', async () => {
    const one = await worker('worker-1');
    await redis.kill();
    await until('it is not ready', async () => (await one.get('/readyz')).status === 503);
    expect((await one.get('/healthz')).status).toBe(200);
    await redis.restart();
    await until('it is ready', async () => (await one.get('/readyz')).status === 200);
    const { id } = await sleepFor(0);
    await lab.inState(id, 'completed');
  });
});

describe('a job that kills its process', () => {
  test('is run alone after two deaths, dies at its limit with the cause named, and takes no neighbour along', async () => {
    let stop = false;
    let lives = 0;
    const supervise = async (): Promise<void> => {
      for (let restarts = 0; !stop; restarts++) {
        const env = { WORKER_RESTARTS: String(restarts), WORKER_SLOTS: '4' };
        // One that dies before it has said that it is ready has died all the same.
        const one = await worker('worker-1', env, SUSPECT_MAIN).catch(() => undefined);
        lives++;
        await one?.ended;
      }
    };
    const innocent = [await suspectOf('well'), await suspectOf('well')];
    const poison = await suspectOf('sigkill');
    const supervised = supervise();
    const dead = await until('the poison to be dead', () => jobIn(poison.id, 'dead'), 60_000);
    expect(dead.deliveries.map(({ outcome }) => outcome)).toEqual(['crashed', 'crashed', 'crashed', 'crashed']);
    expect(dead.deliveries.at(-1)?.cause).toBe('SIGKILL');
    for (const { id } of innocent) await lab.inState(id, 'completed');
    // The last two deaths were the child's: the worker that saw them is still there.
    expect(lives).toBe(3);
    stop = true;
    workers.at(-1)?.signal('SIGTERM');
    await supervised;
  });

  test('does not outlive its worker when that is killed', async () => {
    const one = await worker('worker-1', {}, SUSPECT_MAIN);
    const { id } = await suspectOf('wait');
    await startedBy(id, 'worker-1');
    one.signal('SIGKILL');
    const two = await worker('worker-1', {}, SUSPECT_MAIN);
    await until('it started again', () => starts(id).length === 2, 30_000);
    two.signal('SIGKILL');
    const three = await worker('worker-1', {}, SUSPECT_MAIN);
    const pid = await until(
      'it runs in a child',
      async () => {
        const { progress, deliveries } = await lab.job(id);
        return deliveries.length === 3 && childPidOf(progress);
      },
      30_000,
    );
    expect(isAlive(pid)).toBe(true);
    three.signal('SIGKILL');
    await until('the child is gone', () => !isAlive(pid));
    await lab.inspector.cancel(id, lab.queue);
  });
});

/** The pid that the job reported, once it is that of no worker. */
function childPidOf(progress: unknown): number | undefined {
  if (typeof progress !== 'object' || progress === null || !('pid' in progress)) return undefined;
  const { pid } = progress;
  return typeof pid === 'number' && workers.every((worker) => worker.pid !== pid) ? pid : undefined;
}

test('a worker whose fetch loop is frozen exits 1, so that a fresh one takes its place', async () => {
  const main = fileURLToPath(new URL('../../support/stuck-main.ts', import.meta.url));
  const stuck = await startWorker('worker-1', {}, main);
  expect(await stuck.ended).toBe(1);
  expect(stuck.log.find(({ msg }) => msg === 'cannot go on')).toMatchObject({ err: { code: 'PRODWORK_WORKER_STUCK' } });
});

describe('a worker that is set up wrongly', () => {
  test('does not start on a Redis that would delete jobs to make room, and says so', async () => {
    const unsafe = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    try {
      await expect(worker('worker-1', { REDIS_URL: unsafe.url })).rejects.toThrow(/ended with 1: .*allkeys-lru/);
    } finally {
      await unsafe.stop();
    }
  });

  test('exits 78 and lists every fault', async () => {
    await expect(worker('worker 1', { WORKER_SLOTS: 'many' })).rejects.toThrow(/ended with 78/);
  });
});
