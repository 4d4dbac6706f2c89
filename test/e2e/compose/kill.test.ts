import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import type { Client } from './client.ts';
import { backAfter, bash, becomesHealthy, containersOf, inspectOne, killNow } from './docker.ts';
import { figure, percentile, say } from './figures.ts';
import { inHand, judge, readLedger, restartedAfter } from './ledger.ts';
import { drained, freshStack, longestPause, removeStack, workerNames } from './stack.ts';

const POISON_SECONDS = 3599;
const HOG_SECONDS = 3598;
/** Docker waits longer before each restart of a container that lived less than this. */
const SETTLED_MS = 10_500;

const startsOf = (worker: string): number[] =>
  readLedger().flatMap((entry) => (entry.e === 'start' && entry.worker === worker ? [entry.at] : []));

/** Nothing lost, nothing twice: every accepted job has its one commit. */
function expectAllDone(accepted: readonly string[]): ReturnType<typeof judge> {
  const verdict = judge(accepted);
  expect(verdict.uncommitted).toEqual([]);
  expect(verdict.doubleCommits).toBe(0);
  expect(verdict.phantoms).toEqual([]);
  return verdict;
}

afterAll(removeStack);

describe('workers that are killed', () => {
  let client: Client;
  const all: string[] = [];
  beforeAll(async () => {
    client = await freshStack({ workers: 3 });
  });

  it('F01: give their jobs to the others within 3 s, and are back within 3 s, while the others never pause', async () => {
    // Short jobs in a long queue: each worker is always busy, and a free slot elsewhere is never far.
    const accepted: string[] = [];
    const redelivery: number[] = [];
    const back: number[] = [];
    let hurt = 0;
    for (let kill = 0; kill < 9; kill++) {
      const victim = `prodwork-worker-${(kill % 3) + 1}`;
      accepted.push(...(await client.submitMany(`f01-${kill}`, 90, 0.5)));
      await until(
        `${victim} has lived long enough and has work in hand`,
        async () =>
          Date.now() - (await inspectOne(victim)).startedAt > SETTLED_MS && inHand(victim, Date.now()).length === 2,
        30_000,
      );
      const at = await killNow(victim);
      back.push(await backAfter(victim, at));
      const jobs = inHand(victim, at);
      hurt += jobs.length;
      const restarts = await until('its jobs run again', () => {
        const found = restartedAfter(jobs, at);
        return found.every((ms) => ms !== undefined) && found;
      });
      redelivery.push(...restarts.filter((ms) => ms !== undefined));
      const others = (await workerNames()).filter((name) => name !== victim);
      for (const other of others) expect(longestPause(startsOf(other), at, at + 3_000)).toBeLessThanOrEqual(3_000);
      say(`kill ${kill + 1} of 9: jobs again after ${restarts.join(' and ')} ms, container after ${back.at(-1)} ms`);
    }
    await drained(accepted);
    all.push(...accepted);
    const { duplicateStarts } = expectAllDone(all);
    figure('F01 kill to the next start of its jobs, median', percentile(redelivery, 0.5), 'ms');
    figure('F01 kill to the next start of its jobs, p99', percentile(redelivery, 0.99), 'ms');
    figure('F01 kill to container running, largest', Math.max(...back), 'ms');
    figure('F01 duplicate starts', duplicateStarts, `of at most ${hurt}`);
    expect(duplicateStarts).toBeLessThanOrEqual(hurt);
    expect(percentile(redelivery, 0.99)).toBeLessThanOrEqual(3_000);
    expect(Math.max(...back)).toBeLessThanOrEqual(3_000);
  });

  it('F02: all of them, ten times in a minute, and every job still ends completed', async () => {
    const accepted = await client.submitMany('f02', 60, 1);
    const startedAt = Date.now();
    for (let kill = 0; kill < 10; kill++) {
      const victims = await until(
        'it is time, and a worker runs',
        async () => {
          const running = (await containersOf('worker')).filter(({ isRunning }) => isRunning);
          return Date.now() >= startedAt + kill * 6_000 && running.length > 0 && running.map(({ name }) => name);
        },
        60_000,
      );
      const at = Date.now();
      // One of them may still be on its way up or down: it is not what this row is about.
      await Promise.allSettled(victims.map((name) => killNow(name)));
      say(`killed all, round ${kill + 1} of 10, ${Math.round((at - startedAt) / 1000)} s in`);
    }
    await drained(accepted, 180_000);
    all.push(...accepted);
    const { duplicateStarts } = judge(
      accepted,
      readLedger().filter(({ id }) => id.startsWith('f02')),
    );
    expectAllDone(all);
    const { dead = 0 } = await client.counts();
    expect(dead).toBe(0);
    figure('F02 all killed ten times: from the first kill until all 60 jobs were done', Date.now() - startedAt, 'ms');
    figure('F02 duplicate starts', duplicateStarts, 'starts');
  });

  it('F25: a fetch loop that stands still turns the worker unhealthy, ends it with 1, and it consumes again', async () => {
    const victim = 'prodwork-worker-1';
    await becomesHealthy(victim);
    const before = await inspectOne(victim);
    const frozenAt = Date.now();
    const signal = `docker exec ${victim} node -e '
      const fs = require("node:fs");
      for (const pid of fs.readdirSync("/proc")) {
        if (!/^[0-9]+$/.test(pid) || Number(pid) === process.pid) continue;
        const line = fs.readFileSync("/proc/" + pid + "/cmdline", "utf8");
        if (line.startsWith("node") && line.includes("fixture/worker.mjs")) process.kill(Number(pid), "SIGUSR2");
      }'`;
    expect((await bash(signal)).code).toBe(0);
    const died = await until(
      'the worker ended itself',
      async () => {
        const now = await inspectOne(victim);
        return now.restarts > before.restarts && now;
      },
      45_000,
    );
    figure('F25 loop frozen until the worker ended itself', died.finishedAt - frozenAt, 'ms');
    const { out } = await bash(`docker logs --since ${Math.floor(frozenAt / 1000)} ${victim}`);
    expect(out).toMatch(/PRODWORK_WORKER_STUCK|fetch loop/);
    const accepted = await client.submitMany('f25', 40, 0.5);
    await until('it starts a job again', () => startsOf(victim).some((at) => at > died.finishedAt), 45_000);
    const first = startsOf(victim).find((at) => at > died.finishedAt) ?? Number.NaN;
    figure('F25 loop frozen until it consumed again', first - frozenAt, 'ms');
    expect(died.finishedAt - frozenAt).toBeLessThanOrEqual(30_000);
    expect(first - frozenAt).toBeLessThanOrEqual(45_000);
    await drained(accepted);
    expectAllDone([...all, ...accepted]);
  });
});

describe('jobs that kill their worker', () => {
  let client: Client;
  beforeAll(async () => {
    client = await freshStack({ workers: 3, env: { TEST_DELIVERY_LIMIT: '5' } });
  });

  it.each([
    ['F03', 'kills its process', POISON_SECONDS, /SIGKILL|oom/i],
    ['F23', 'exhausts the memory', HOG_SECONDS, /oom|SIGKILL/i],
  ])(
    '%s: one that %s is dead at its limit with its cause, and its ten neighbours are completed',
    async (row, _what, seconds, cause) => {
      const startedAt = Date.now();
      const innocents = await client.submitMany(`${row.toLowerCase()}-innocent`, 5, 3);
      const poison = await client.submit(`${row.toLowerCase()}-poison`, seconds);
      innocents.push(...(await client.submitMany(`${row.toLowerCase()}-neighbour`, 5, 3)));
      await drained(innocents, 240_000);
      await until('the poison has ended', async () => (await client.job(poison)).state === 'dead', 120_000);
      for (const id of innocents) expect(await client.job(id)).toMatchObject({ state: 'completed' });
      const dead = await client.job(poison);
      say(
        `${row}: ${JSON.stringify(dead.error)} ${JSON.stringify(dead.deliveries.map(({ outcome, cause: why }) => why ?? outcome))}`,
      );
      expect(dead.state).toBe('dead');
      expect(dead.deliveries).toHaveLength(5);
      expect(JSON.stringify([dead.error, dead.deliveries])).toMatch(cause);
      figure(`${row} deliveries of the poison until it was dead`, dead.deliveries.length, 'deliveries');
      figure(`${row} until the poison was dead and its neighbours done`, Date.now() - startedAt, 'ms');
    },
  );

  it('F23: the memory limit killed containers, and they are back', async () => {
    for (const { name, isRunning } of await containersOf('worker')) {
      if (!isRunning) await backAfter(name, 0, 60_000);
    }
    const restarts = (await containersOf('worker')).reduce((sum, { restarts: one }) => sum + one, 0);
    figure('F03 and F23 restarts of containers', restarts, 'restarts');
    expect(restarts).toBeGreaterThanOrEqual(2);
  });
});
