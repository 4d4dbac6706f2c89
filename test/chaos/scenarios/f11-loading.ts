import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';

const LOADING_MS = 10_000;

export const loading: Scenario = {
  id: 'F11',
  title: '10 s of LOADING at boot',
  world: { ratePerSecond: 60 },
  async run(stage) {
    const { world } = stage;
    await wait(10_000);
    const info = await world.redis.admin.info('commandstats');
    const commands = [...info.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
    const before = world.lives.length;
    const fault = stage.fault('F11', `Redis killed; it loads its data for about ${LOADING_MS / 1_000} s`);
    await world.redis.end('SIGKILL');
    // A third of the commands is written to the log, about; the delay is per command read back.
    const delayUs = Math.max(200, Math.round((LOADING_MS * 1_000) / (commands / 4)));
    await world.redis.start(
      ['--key-load-delay', String(delayUs), '--loading-process-events-interval-bytes', '1024'],
      'reachable',
    );
    const red = await world.isReady('worker-1');
    const redProducer = await world.isReady('producer-1');
    await stage.timeUntil(Date.now(), 60_000, async () => (await world.redis.admin.ping().catch(() => '')) === 'PONG');
    const loadedAt = Date.now();
    fault.until = loadedAt;
    stage.check('it was loading for', loadedAt - fault.at > 3_000, `${loadedAt - fault.at} ms`, 'at least 3,000 ms');
    stage.check('readiness while loading', !red && !redProducer, `worker ${red}, producer ${redProducer}`, 'false');
    const again = await stage.firstStartAfter(loadedAt, 20_000);
    if (again !== undefined) fault.recoveredMs = loadedAt + again - fault.at;
    stage.atMost('loaded to the first start', again, 2_000, loadedAt);
    const restarted = world.lives.length - before;
    stage.check('processes restarted', restarted === 0, restarted, '0');
  },
};
