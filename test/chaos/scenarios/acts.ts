import { setTimeout as wait } from 'node:timers/promises';
import type { FaultRecord, Stage } from '../stage.ts';

/** Waits until a worker runs jobs. @returns their ids */
export async function inHand(stage: Stage, worker: string): Promise<readonly string[]> {
  const { books } = stage.world;
  await stage.timeUntil(Date.now(), 10_000, () => {
    books.poll();
    return books.inHand(worker).length > 0;
  });
  return books.inHand(worker).map(({ job }) => job.id);
}

/** When the last of these jobs was started by another worker: ms since `at`, or undefined. */
export async function movedAway(
  stage: Stage,
  at: number,
  ids: readonly string[],
  from: string,
  withinMs: number,
): Promise<number | undefined> {
  const { books } = stage.world;
  const startedElsewhere = (id: string): number | undefined =>
    books.jobs.get(id)?.runs.find((run) => run.at > at && run.worker !== from)?.at;
  await stage.timeUntil(at, withinMs, () => {
    books.poll();
    return ids.every((id) => startedElsewhere(id) !== undefined);
  });
  const starts = ids.map(startedElsewhere);
  if (starts.some((start) => start === undefined)) return undefined;
  return Math.max(...starts.map((start) => (start ?? at) - at));
}

/** Waits until this long after the fault. */
export const untilAfter = (fault: FaultRecord, ms: number): Promise<void> =>
  wait(Math.max(0, fault.at + ms - Date.now()));

/** Resolves when the worker has ended its present life. @returns ms since `at`, or undefined */
export async function gone(stage: Stage, worker: string, at: number, withinMs: number): Promise<number | undefined> {
  const { life } = stage.world.worker(worker).process;
  await stage.timeUntil(at, withinMs, () => life?.to !== undefined);
  return life?.to === undefined ? undefined : life.to - at;
}

/** One value of a Prometheus page; the sum over its labels. */
export async function metric(port: number, name: string): Promise<number> {
  const page = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text());
  const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
