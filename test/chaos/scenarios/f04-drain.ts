import type { Scenario } from '../stage.ts';

const GRACE_MS = 30_000;

export const drain: Scenario = {
  id: 'F04',
  title: 'SIGTERM with a 5 s job and a 60 s job in hand',
  isQuiet: true,
  world: { workers: 1 },
  async run(stage) {
    const { world } = stage;
    const short = await world.load.place({ type: 'work', payload: { ms: 5_000 } });
    const long = await world.load.place({ type: 'work', payload: { ms: 60_000 } });
    await stage.timeUntil(Date.now(), 10_000, () => {
      world.books.poll();
      return world.books.inHand('worker-1').length === 2;
    });
    await world.addWorker('worker-2');
    await world.allReady();
    const { process: leaving } = world.worker('worker-1');
    const { life } = leaving;
    const fault = stage.fault('F04', 'SIGTERM of worker-1');
    await leaving.stop(GRACE_MS);
    const tookMs = Date.now() - fault.at;
    fault.until = Date.now();
    world.books.poll();
    const job = await world.inspector.job(long, 'default');
    const first = job?.deliveries[0];
    stage.check('exit code', life?.death?.code === 0, `${life?.death?.code ?? life?.death?.signal}`, '0');
    stage.atMost('SIGTERM to the exit', tookMs, GRACE_MS, fault.at);
    const done = world.books.jobs.get(short);
    stage.check(
      'the 5 s job',
      done?.commits[0]?.outcome === 'complete' && done.runs.length === 1,
      `${done?.commits[0]?.outcome} in ${done?.runs.length} start`,
      'complete in 1 start',
    );
    const next = await stage.timeUntil(fault.at, 40_000, () => {
      world.books.poll();
      return (world.books.jobs.get(long)?.runs.length ?? 0) > 1;
    });
    const [before, after] = world.books.jobs.get(long)?.runs ?? [];
    const gapMs = next === undefined || !before?.endedAt || !after ? undefined : after.at - before.endedAt;
    if (gapMs !== undefined) fault.recoveredMs = gapMs;
    stage.atMost('hand-back to the start elsewhere', gapMs, 1_000, before?.endedAt);
    stage.check(
      'how its first delivery ended',
      first?.outcome === 'released',
      `${first?.outcome} (${first?.cause})`,
      'released',
    );
    stage.check('attempts spent', job?.attempts === 0, job?.attempts, '0');
    await world.inspector.cancel(long, 'default');
  },
};
