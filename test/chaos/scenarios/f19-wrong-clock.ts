import { setTimeout as wait } from 'node:timers/promises';
import { randomOf } from '../random.ts';
import type { Scenario } from '../stage.ts';

const OFF_MS: Readonly<Record<string, number>> = { 'worker-1': 600_000, 'worker-2': -600_000 };
const PRELOAD = new URL('../world/clock-offset.mjs', import.meta.url);

function offsetBy(ms: number): string {
  const url = new URL(PRELOAD);
  url.searchParams.set('ms', String(ms));
  return url.href;
}

export const wrongClock: Scenario = {
  id: 'F19',
  title: "a worker's clock 10 minutes off, either way",
  world: {
    clockOffsetMs: (worker) => OFF_MS[worker] ?? 0,
    workerExecArgs: (worker) => (OFF_MS[worker] === undefined ? [] : ['--import', offsetBy(OFF_MS[worker])]),
  },
  async run(stage) {
    const { world } = stage;
    const fault = stage.fault('F19', 'worker-1 is 10 minutes ahead, worker-2 10 minutes behind');
    const delays = randomOf(world.load.submitted, 'delays');
    await wait(Math.min(25_000, stage.budgetMs));
    const due = Array.from({ length: 20 }, () => delays.between(500, 4_000));
    const placedAt = Date.now();
    const ids = await Promise.all(
      due.map((delayMs) => world.load.place({ type: 'work', payload: { ms: 10 }, more: { delayMs } })),
    );
    await stage.timeUntil(placedAt, 15_000, () => {
      world.books.poll();
      return ids.every((id) => world.books.jobs.get(id)?.runs.length);
    });
    fault.until = Date.now();
    const off = ids.map(
      (id, at) => (world.books.jobs.get(id)?.runs[0]?.at ?? Number.POSITIVE_INFINITY) - placedAt - (due[at] ?? 0),
    );
    stage.atMost('delayed jobs late, longest', Math.round(Math.max(...off)), 2_000);
    stage.check(
      'delayed jobs early',
      Math.min(...off) > -100,
      `${Math.round(Math.min(...off))} ms`,
      'none by more than 100 ms',
    );
    const byWorker = Map.groupBy(
      [...world.books.jobs.values()].flatMap(({ runs }) => runs),
      ({ worker }) => worker,
    );
    const starts = ['worker-1', 'worker-2', 'worker-3'].map((name) => byWorker.get(name)?.length ?? 0);
    stage.check('starts per worker', Math.min(...starts) > 20, starts.join(', '), 'all three work');
    const twice = [...world.books.jobs.values()].filter((job) => job.runs.length > 1).length;
    stage.check('duplicate starts', twice === 0, twice, '0');
  },
};
