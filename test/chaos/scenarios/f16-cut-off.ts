import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';
import { inHand, movedAway, untilAfter } from './acts.ts';

const CUT_MS = 60_000;
const NAME = 'worker-1';

export const cutOff: Scenario = {
  id: 'F16',
  title: 'worker cut off from Redis for 60 s, in silence',
  world: { isProxied: true },
  async run(stage) {
    const { world } = stage;
    await wait(4_000);
    const { line, process: worker } = world.worker(NAME);
    await inHand(stage, NAME);
    const end = world.impair(NAME);
    const fault = stage.fault('F16', `nothing passes between ${NAME} and Redis for ${CUT_MS / 1_000} s`);
    line?.set({ isSilent: true });
    const held = await inHand(stage, NAME);
    // A connection on which a reply is due is dropped in silence's third second: then a new one is made.
    const sockets = line?.opened ?? 0;
    const replacedMs = await stage.timeUntil(fault.at, 20_000, () => (line?.opened ?? 0) > sockets);
    stage.atMost('cut to its blocked call given up', replacedMs, 4_000, fault.at);
    const movedMs = await movedAway(stage, fault.at, held, NAME, CUT_MS);
    if (movedMs !== undefined) fault.recoveredMs = movedMs;
    stage.check('jobs in hand when it was cut off', held.length > 0, held.length, 'more than 0');
    stage.atMost('cut to the start of its last job elsewhere', movedMs, 12_000, fault.at);
    const lives = worker.lives;
    await untilAfter(fault, CUT_MS);
    line?.set({});
    const healed = Date.now();
    fault.until = healed;
    end();
    stage.atMost('healed to its next start', await stage.firstStartAfter(healed, 20_000, NAME), 5_000, healed);
    stage.check('processes restarted', worker.lives === lives, worker.lives - lives, '0');
  },
};
