import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, type Counts, URL_BASE } from './client.ts';
import { becomesHealthy, containersOf, inspectOne, must } from './docker.ts';
import { figure, say } from './figures.ts';
import { inHand, judge, readLedger } from './ledger.ts';
import { drained, freshStack, removeStack } from './stack.ts';
import { expectWithin, measureStalls } from './stall.ts';
import { until } from './wait.ts';

const WAITING = 10_000;

/** Who has started any of these jobs. */
const holders = (ids: readonly string[]): Set<string> =>
  new Set(readLedger().flatMap(({ e, id, worker }) => (e === 'start' && ids.includes(id) ? [worker] : [])));

measureStalls();
afterAll(removeStack);

describe('a worker that is told to stop', () => {
  let client: Client;
  beforeAll(async () => {
    client = await freshStack({ workers: 1 });
  });

  it('F04: finishes what ends before the drain deadline, hands the rest back, and leaves with 0', async () => {
    const leaving = 'prodwork-worker-1';
    await client.submit('f04-long', 60);
    await until('the 60 s job runs', () => inHand(leaving, Date.now()).includes('f04-long'));
    await must('docker compose up -d --no-build --no-recreate --scale worker=2 --scale producer=2');
    await becomesHealthy('prodwork-worker-2');
    // Three jobs for three free slots: one of them is beside the long one.
    const short = await client.submitMany('f04-short', 3, 5);
    await until('a 5 s job runs beside it', () => inHand(leaving, Date.now()).length === 2);
    const beside = inHand(leaving, Date.now()).filter((id) => id !== 'f04-long');

    const stoppedAt = Date.now();
    await must(`docker stop ${leaving}`);
    const left = await inspectOne(leaving);
    figure('F04 SIGTERM until the worker had left', left.finishedAt - stoppedAt, 'ms');
    expect(left.exitCode).toBe(0);

    const entries = readLedger();
    expect(
      entries.filter(({ e, id, worker }) => e === 'commit' && beside.includes(id) && worker === leaving),
    ).toHaveLength(1);
    const handedBackAt = entries.find(({ e, id }) => e === 'handback' && id === 'f04-long')?.at ?? Number.NaN;
    const again = await until('the 60 s job runs elsewhere', () =>
      readLedger().find(({ e, id, worker }) => e === 'start' && id === 'f04-long' && worker !== leaving),
    );
    figure('F04 hand-back until the job had started elsewhere', again.at - handedBackAt, 'ms');
    figure('F04 SIGTERM until the hand-back', handedBackAt - stoppedAt, 'ms');
    expectWithin('hand-back until started elsewhere', [{ from: handedBackAt, ms: again.at - handedBackAt }], 1_000);
    expect(await client.job('f04-long')).toMatchObject({ state: 'active', attempts: 0 });
    await drained(short);
    expect(judge([...short, 'f04-long'])).toMatchObject({ doubleCommits: 0, phantoms: [], uncommitted: ['f04-long'] });
  });
});

describe('workers that are scaled', () => {
  it('leave with what they can finish done and nothing done twice, and are at work soon when there are more', async () => {
    const client = await freshStack({ workers: 3 });
    const scale = (workers: number): Promise<string> =>
      must(`docker compose up -d --no-build --no-recreate --scale worker=${workers} --scale producer=2`);
    const jobs = await client.submitMany('scale', 60, 3);
    await until('three workers have work in hand', () => holders(jobs).size === 3);
    const downAt = Date.now();
    await scale(1);
    figure('from three workers to one, each with work in hand', Date.now() - downAt, 'ms');
    expect((await containersOf('worker')).map(({ name }) => name)).toEqual(['prodwork-worker-1']);
    const upAt = Date.now();
    await scale(3);
    const third = await until('a new worker has started a job', () =>
      readLedger().find(({ e, worker, at }) => e === 'start' && worker !== 'prodwork-worker-1' && at > upAt),
    );
    figure('from one worker to three, until a new one had started a job', third.at - upAt, 'ms');
    expectWithin('until a new worker had started a job', [{ from: upAt, ms: third.at - upAt }], 10_000);
    await drained(jobs);
    expect(judge(jobs)).toEqual({ uncommitted: [], phantoms: [], doubleCommits: 0, duplicateStarts: 0 });
  });
});

describe('a stack that is stopped', () => {
  let client: Client;
  let before: Counts;
  beforeAll(async () => {
    client = await freshStack({ workers: 3 });
    const done = await client.submitMany('f05-done', 20, 0);
    await drained(done);
    await client.pause();
    await client.submitBulk('f05', WAITING, 0);
    await client.submitBulk('f05-later', 100, 0, { delayMs: 3_600_000 });
    before = await client.counts();
    expect(before).toMatchObject({ waiting: WAITING, scheduled: 100, completed: 20, active: 0 });
  });

  const sameCounts = async (): Promise<void> => {
    await until('the API answers', async () => (await client.get('/api/queues')).status === 200);
    expect(await client.counts()).toEqual(before);
  };

  it('F05: `stop` is respected, workers leave before Redis, and `start` has every job', async () => {
    // A browser tab that is left open: its stream would go on for good.
    const tab = await fetch(`${URL_BASE}/events`);
    expect(tab.status).toBe(200);
    tab.body?.pipeTo(new WritableStream()).catch(() => {});
    const startedAt = Date.now();
    await must('docker compose stop');
    figure('F05 docker compose stop', Date.now() - startedAt, 'ms');
    const [redis] = await containersOf('redis');
    const [nginx] = await containersOf('nginx');
    const producers = await containersOf('producer');
    for (const { name, exitCode, isRunning, finishedAt } of [...(await containersOf('worker')), ...producers]) {
      expect([name, exitCode, isRunning]).toEqual([name, 0, false]);
      expect(finishedAt).toBeLessThan(redis?.finishedAt ?? 0);
    }
    // From the outside in: who still asks is told by the gateway first.
    for (const { finishedAt } of producers) expect(finishedAt).toBeGreaterThan(nginx?.finishedAt ?? Number.NaN);
    for (const { name, exitCode } of [redis, nginx].filter((container) => container !== undefined))
      expect([name, exitCode]).toEqual([name, 0]);
    const startAt = Date.now();
    await must('docker compose start');
    await sameCounts();
    figure('F05 docker compose start until the counts are back', Date.now() - startAt, 'ms');
  });

  it('F05: `restart` keeps every job', async () => {
    await must('docker compose restart');
    await sameCounts();
  });

  it('F05: `down` and `up` keep every job, and then each of them is done once', async () => {
    await must('docker compose down');
    await must('docker compose up -d --wait --no-build --scale worker=3');
    await sameCounts();
    const startedAt = Date.now();
    await client.resume();
    await until('nothing waits', async () => (await client.unfinished()) === 100, 180_000);
    const accepted = Array.from({ length: WAITING }, (_, index) => `f05-${index}`);
    await drained(accepted);
    figure(`F05 three workers with two slots: ${WAITING} empty jobs done`, Date.now() - startedAt, 'ms');
    const verdict = judge([...accepted, ...Array.from({ length: 20 }, (_, index) => `f05-done-${index}`)]);
    expect(verdict).toEqual({ uncommitted: [], phantoms: [], doubleCommits: 0, duplicateStarts: 0 });
    say('10,000 jobs went through stop, restart and down; each was done once');
  });
});
