import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const KILLS = 100;
const AT_ONCE = 12;

export const killProducer: Scenario = {
  id: 'F21',
  title: 'producer kill -9 mid-request, 100 times',
  world: { producers: 3, ratePerSecond: 10 },
  async run(stage) {
    const { world, random } = stage;
    await wait(2_000);
    const names = [...world.producers.keys()];
    const endAt = Date.now() + stage.budgetMs;
    let kills = 0;
    let open = 0;
    const placed: Promise<string>[] = [];
    while (kills < KILLS && Date.now() < endAt) {
      const naming = random.pick(['id', 'key'] as const);
      const before = world.load.asked.length;
      for (let count = 0; count < AT_ONCE; count++) {
        placed.push(world.load.place({ type: 'work', payload: { ms: 20 }, naming }));
      }
      await wait(random.between(1, 25));
      open += Math.max(0, AT_ONCE - (world.load.asked.length - before));
      stage.fault('F21', `kill -9 of ${names.length} producers with requests under way (${naming})`);
      await Promise.all(names.map((name) => world.producer(name).process.replace()));
      kills += names.length;
      await world.allReady(30_000);
    }
    const ids = await Promise.all(placed);
    const unknown = world.load.asked.filter(({ kind }) => kind === 'unknown').length;
    stage.check('producers killed', kills >= 9, kills, `${KILLS} for the published figure`);
    stage.check('requests under way when a producer was killed', open > 0, open, 'more than 0');
    stage.check('answers lost', unknown > 0, unknown, 'more than 0, or nothing was tried');
    const found = await world.inspector.jobs(ids.slice(-2_000), 'default');
    const missing = found.filter((job) => job === undefined).length;
    stage.check('accepted ids that are not there', missing === 0, missing, '0');
    stage.check(
      'one id for each job, however often it was sent',
      new Set(ids).size === ids.length,
      `${new Set(ids).size} of ${ids.length}`,
      'all different',
    );
  },
};
