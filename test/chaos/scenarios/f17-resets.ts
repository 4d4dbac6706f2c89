import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const RESETS = 30;
const APART_MS = 2_000;

export const descriptors = (pid: number | undefined): number => readdirSync(`/proc/${pid}/fd`).length;

export const resets: Scenario = {
  id: 'F17',
  title: 'connections reset every 2 s for a minute',
  world: { isProxied: true, producers: 2 },
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    const members = [...world.workers.values(), ...world.producers.values()];
    const open = (): number => members.reduce((sum, { process }) => sum + descriptors(process.pid), 0);
    const before = open();
    const rounds = Math.max(5, Math.min(RESETS, Math.floor(stage.budgetMs / APART_MS)));
    const fault = stage.fault('F17', `${rounds} resets of every connection, ${APART_MS / 1_000} s apart`);
    for (let round = 0; round < rounds; round++) {
      for (const { line } of members) line?.resetAll();
      await wait(APART_MS);
    }
    fault.until = Date.now();
    stage.atMost(
      'last reset to the first start',
      await stage.firstStartAfter(Date.now() - APART_MS, 20_000),
      5_000,
      fault.until - APART_MS,
    );
    await world.load.stop();
    // Keep-alive connections of the client close after a few seconds.
    const leak = await stage.timeUntil(Date.now(), 20_000, () => open() <= before + 5);
    stage.check('descriptors after', leak !== undefined, `${open()}, before ${before}`, 'back where they were');
  },
};
