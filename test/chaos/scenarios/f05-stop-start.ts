import type { Scenario, Stage } from '../stage.ts';

const WAITING = 10_000;
const DONE = 300;

async function placeMany(stage: Stage, count: number): Promise<void> {
  const { load } = stage.world;
  for (let at = 0; at < count; at += 200) {
    const some = Math.min(200, count - at);
    await Promise.all(Array.from({ length: some }, () => load.place({ type: 'work', payload: { ms: 0 } })));
  }
}

/** The queue's own counts, as one comparable text. */
async function counts(stage: Stage): Promise<string> {
  const view = await stage.world.queue();
  const states = Object.entries(view.counts).filter(([, jobs]) => jobs > 0);
  return `${states.map(([state, jobs]) => `${state} ${jobs}`).join(', ')}${view.isPaused ? ', paused' : ''}`;
}

export const stopStart: Scenario = {
  id: 'F05',
  title: 'everything stopped and started with 10,000 waiting',
  isQuiet: true,
  world: { producers: 2 },
  async run(stage) {
    const { world } = stage;
    await placeMany(stage, DONE);
    await world.drain(30_000);
    await world.inspector.pause('default');
    await placeMany(stage, WAITING);
    for (const round of ['stop and start', 'stop and start again']) {
      const before = await counts(stage);
      const fault = stage.fault('F05', `${round}: workers, then producers, then Redis`);
      await Promise.all([...world.workers.values()].map(({ process }) => process.stop(40_000)));
      await Promise.all([...world.producers.values()].map(({ process }) => process.stop(40_000)));
      await world.redis.end('SIGTERM');
      await world.redis.start();
      for (const { process } of [...world.producers.values(), ...world.workers.values()]) process.start();
      await world.allReady();
      fault.until = Date.now();
      fault.recoveredMs = fault.until - fault.at;
      const after = await counts(stage);
      stage.check(`counts after ${round}`, after === before, after, before);
    }
    const codes = world.lives.flatMap(({ death }) => (death ? [death.code ?? death.signal] : []));
    stage.check(
      'exit codes',
      codes.every((code) => code === 0),
      [...new Set(codes)].join(', '),
      '0',
    );
    await world.inspector.resume('default');
    await stage.timeUntil(Date.now(), 60_000, async () => (await world.queue()).counts.completed === WAITING + DONE);
    const { completed } = (await world.queue()).counts;
    stage.check('completed in the end', completed === WAITING + DONE, completed, String(WAITING + DONE));
  },
};
