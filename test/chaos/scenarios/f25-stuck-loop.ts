import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';
import { probe } from '../world/world.ts';
import { gone, inHand, movedAway } from './acts.ts';

const NAME = 'worker-1';

export const stuckLoop: Scenario = {
  id: 'F25',
  title: 'fetch loop frozen while process and PING look fine',
  world: {
    workerExecArgs: (name) =>
      name === NAME ? ['--import', new URL('../world/freeze-fetch.mjs', import.meta.url).href] : [],
  },
  async run(stage) {
    const { world } = stage;
    await wait(12_000);
    const held = await inHand(stage, NAME);
    const { process: worker, port } = world.worker(NAME);
    const end = world.impair(NAME);
    const fault = stage.fault('F25', `the calls of ${NAME} to Redis hang; everything else of it goes on`);
    worker.signal('SIGUSR2');
    const { life } = worker;
    const unhealthyMs = await stage.timeUntil(
      fault.at,
      45_000,
      async () => life?.to !== undefined || (await probe(port, '/healthz')) !== 200,
    );
    stage.atMost('healthy turns false', unhealthyMs, 30_000, fault.at);
    const diedMs = await gone(stage, NAME, fault.at, 60_000);
    fault.until = fault.at + (diedMs ?? 0);
    end();
    stage.check('exit code', life?.death?.code === 1, life?.death?.code ?? life?.death?.signal, '1');
    const again = await stage.firstStartAfter(fault.until, 30_000, NAME);
    const consumingMs = again === undefined ? undefined : fault.until + again - fault.at;
    if (consumingMs !== undefined) fault.recoveredMs = consumingMs;
    stage.atMost('frozen to consuming again', consumingMs, 45_000, fault.at);
    const open = held.filter((id) => (world.books.jobs.get(id)?.commits.length ?? 0) === 0);
    stage.check(
      'its jobs elsewhere',
      (await movedAway(stage, fault.at, open, NAME, 1_000)) !== undefined || open.length === 0,
      `${held.length} held`,
      'all started elsewhere',
    );
  },
};
