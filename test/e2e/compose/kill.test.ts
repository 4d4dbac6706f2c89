import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from './client.ts';
import { backAfter, bash, becomesHealthy, containersOf, inspectOne, killNow } from './docker.ts';
import { figure, percentile, say } from './figures.ts';
import { inHand, judge, readLedger, restartedAfter } from './ledger.ts';
import { drained, freshStack, longestPause, removeStack, workerNames } from './stack.ts';
import { expectWithin, measureStalls, type Span } from './stall.ts';
import { until } from './wait.ts';

/** Docker waits longer before each restart of a container that lived less than this. */
const SETTLED_MS = 10_500;

const startsOf = (worker: string): number[] =>
  readLedger().flatMap((entry) => (entry.e === 'start' && entry.worker === worker ? [entry.at] : []));

/** Nothing lost, nothing twice: every accepted job has its one commit. */
function expectAllDone(accepted: readonly string[]): ReturnType<typeof judge> {
  const verdict = judge(accepted);
  expect(verdict).toMatchObject({ uncommitted: [], doubleCommits: 0, phantoms: [] });
  return verdict;
}

measureStalls();
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
    const redelivery: Span[] = [];
    const back: Span[] = [];
    const pauses: Span[] = [];
    let hurt = 0;
    for (let kill = 0; kill < 9; kill++) {
      const victim = `prodwork-worker-${(kill % 3) + 1}`;
      accepted.push(...(await client.submitMany(`f01-${kill}`, kill === 0 ? 180 : 60, 0.5)));
      await until(
        `${victim} has lived long enough and has work in hand`,
        async () =>
          Date.now() - (await inspectOne(victim)).startedAt > SETTLED_MS && inHand(victim, Date.now()).length === 2,
      );
      const at = await killNow(victim);
      back.push({ from: at, ms: await backAfter(victim, at) });
      const jobs = inHand(victim, at);
      hurt += jobs.length;
      const restarts = await until('its jobs run again', () => {
        const found = restartedAfter(jobs, at);
        return found.every((ms) => ms !== undefined) && found;
      });
      redelivery.push(...restarts.flatMap((ms) => (ms === undefined ? [] : { from: at, ms })));
      const others = (await workerNames()).filter((name) => name !== victim);
      const seenUntil = Math.max(at + 3_000, Date.now());
      await until('three seconds have passed', () => Date.now() > seenUntil);
      for (const other of others) pauses.push({ from: at, ms: longestPause(startsOf(other), at, seenUntil) });
      say(
        `kill ${kill + 1} of 9: jobs again after ${restarts.join(' and ')} ms, container after ${back.at(-1)?.ms} ms`,
      );
    }
    await drained(accepted);
    all.push(...accepted);
    const { duplicateStarts } = expectAllDone(all);
    const again = redelivery.map(({ ms }) => ms);
    figure('F01 kill to the next start of its jobs, median', percentile(again, 0.5), 'ms');
    figure('F01 kill to the next start of its jobs, p99', percentile(again, 0.99), 'ms');
    figure('F01 kill to container running, largest', Math.max(...back.map(({ ms }) => ms)), 'ms');
    figure('F01 longest time in which another worker started nothing', Math.max(...pauses.map(({ ms }) => ms)), 'ms');
    figure('F01 duplicate starts', duplicateStarts, `of at most ${hurt}`);
    expect(duplicateStarts).toBeLessThanOrEqual(hurt);
    expectWithin('kill to the next start of its jobs', redelivery, 3_000);
    expectWithin('kill to container running', back, 3_000);
    // Jobs of half a second in two slots: a worker that the kill held up would start nothing for much longer.
    expectWithin('time in which another worker started nothing', pauses, 1_500);
  });

  it('F02: all of them, ten times, as fast as Docker brings them back, and every job still ends completed', async () => {
    const accepted = await client.submitMany('f02', 240, 1);
    const startedAt = Date.now();
    let killed = 0;
    let hurt = 0;
    for (let round = 0; round < 10; round++) {
      const victims = await until(
        'it is time, and a worker has work in hand',
        async () => {
          if (Date.now() < startedAt + round * 6_000) return false;
          const running = (await containersOf('worker')).filter(({ isRunning }) => isRunning);
          return running.some(({ name, startedAt: since }) => inHand(name, Date.now(), since).length > 0) && running;
        },
        90_000,
      );
      const at = Date.now();
      // One of them may be on its way up or down: Docker waits longer each time for a container that lived shortly.
      const kills = await Promise.allSettled(victims.map(({ name }) => killNow(name)));
      killed += kills.filter(({ status }) => status === 'fulfilled').length;
      const jobs = victims.reduce((sum, { name, startedAt: since }) => sum + inHand(name, at, since).length, 0);
      hurt += jobs;
      say(`round ${round + 1} of 10, ${Math.round((at - startedAt) / 1000)} s in: ${jobs} jobs in hand`);
    }
    figure('F02 workers killed, in ten rounds', killed, `workers in ${Math.round((Date.now() - startedAt) / 1000)} s`);
    figure('F02 jobs in hand when their workers were killed', hurt, 'jobs');
    await drained(accepted, 240_000);
    all.push(...accepted);
    const { duplicateStarts } = judge(
      accepted,
      readLedger().filter(({ id }) => id.startsWith('f02')),
    );
    expectAllDone(all);
    const { dead = 0 } = await client.counts();
    expect(dead).toBe(0);
    figure('F02 all killed ten times: from the first kill until all 240 jobs were done', Date.now() - startedAt, 'ms');
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
      90_000,
    );
    figure('F25 loop frozen until the worker ended itself', died.finishedAt - frozenAt, 'ms');
    const { out } = await bash(`docker logs --since ${Math.floor(frozenAt / 1000)} ${victim}`);
    expect(out).toMatch(/PRODWORK_WORKER_STUCK|fetch loop/);
    const accepted = await client.submitMany('f25', 40, 0.5);
    await until('it starts a job again', () => startsOf(victim).some((at) => at > died.finishedAt));
    const first = startsOf(victim).find((at) => at > died.finishedAt) ?? Number.NaN;
    figure('F25 loop frozen until it consumed again', first - frozenAt, 'ms');
    expectWithin('frozen until it ended itself', [{ from: frozenAt, ms: died.finishedAt - frozenAt }], 30_000);
    expectWithin('frozen until it consumed again', [{ from: frozenAt, ms: first - frozenAt }], 45_000);
    await drained(accepted);
    expectAllDone([...all, ...accepted]);
  });
});
