import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';
import { longestPause } from './pauses.ts';

const KILLS = 32;
/** A worker's turn comes round after 12 s: it has lived more than 10 s, so its restart delay is the first one. */
const BETWEEN_MS = 4_000;

export const killOne: Scenario = {
  id: 'F01',
  title: 'kill -9 of one of 3 workers mid-job',
  async run(stage) {
    const { world } = stage;
    await wait(10_000);
    const kills = Math.max(3, Math.min(KILLS, Math.floor((stage.budgetMs - 10_000) / BETWEEN_MS)));
    let longestMs = 0;
    let backMs = 0;
    let slowestAt = 0;
    let inHand = 0;
    for (let number = 0; number < kills; number++) {
      const name = `worker-${(number % 3) + 1}`;
      await stage.timeUntil(Date.now(), 5_000, () => {
        world.books.poll();
        return world.books.inHand(name).length > 0;
      });
      const kill = await world.killWorker(name, 'F01', true);
      inHand += kill.victims.length;
      const fault = stage.fault('F01', `kill -9 ${name} with ${kill.victims.length} jobs in hand`, kill.at);
      const back = await stage.timeUntil(kill.at, 20_000, () => world.isReady(name));
      fault.until = Date.now();
      if ((back ?? Number.POSITIVE_INFINITY) > backMs) slowestAt = kill.at;
      backMs = Math.max(backMs, back ?? Number.POSITIVE_INFINITY);
      await wait(Math.max(0, kill.at + BETWEEN_MS - Date.now()));
      world.books.poll();
      longestMs = Math.max(longestMs, longestPause(world.books, [name], kill.at, kill.at + 3_000));
    }
    await world.drain(1_000);
    const { p50, p99, max } = stage.recovery();
    stage.check('kills', kills >= 3, kills, `30 for the published figure`);
    stage.check('jobs in hand when their worker was killed', inHand > 0, inHand, 'more than 0');
    stage.remark(`recovery p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`);
    stage.atMostRecovery();
    stage.atMost('kill to the worker being back, longest', backMs, 3_000, slowestAt);
    stage.atMost('longest time in which no other worker started a job', longestMs, 1_500);
  },
};
