import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

export const scriptFlush: Scenario = {
  id: 'F12',
  title: 'SCRIPT FLUSH and FUNCTION FLUSH in a loop under load',
  async run(stage) {
    const { world } = stage;
    const { admin } = world.redis;
    await wait(2_000);
    const endAt = Date.now() + Math.min(20_000, stage.budgetMs);
    const fault = stage.fault('F12', 'SCRIPT FLUSH and FUNCTION FLUSH every 20 ms');
    let flushes = 0;
    while (Date.now() < endAt) {
      await admin.script('FLUSH');
      await admin.call('FUNCTION', 'FLUSH');
      flushes++;
      await wait(20);
    }
    fault.until = Date.now();
    stage.check('flushes', flushes > 100, flushes, 'more than 100');
    const { refused, unknown } = world.load.answers(fault.at, fault.until);
    stage.check('submits that were not accepted', refused + unknown === 0, refused + unknown, '0');
  },
};
