import type { Clock } from 'prodwork/clock';
import type { Inspector, QueueView, WorkerView } from 'prodwork/engine/inspector';
import { within } from '../submit/within.ts';

/** Jobs a second, over the last ten seconds that somebody looked; undefined until there are two looks to compare. */
export interface Rates {
  readonly submitted: number;
  readonly completed: number;
  readonly failedAttempts: number;
}

/** The queue at one moment, as everybody may see it: counts and workers, no payloads, no job ids. */
export interface Snapshot {
  readonly at: number;
  readonly queue: QueueView;
  readonly workers: readonly WorkerView[];
  readonly rates: Rates | undefined;
}

const FRESH_MS = 900;
const RATE_WINDOW_MS = 10_000;

interface Sample {
  readonly at: number;
  readonly totals: QueueView['totals'];
}

/** Looks at the queue at most once a second, however many ask. */
export interface Snapshots {
  /** @throws ProdworkError `QUEUE_UNAVAILABLE` within 2 s when the queue does not answer. */
  read(): Promise<Snapshot>;
}

export function createSnapshots(
  inspector: Pick<Inspector, 'queue' | 'workers'>,
  queue: string,
  clock: Clock,
): Snapshots {
  let last: { at: number; promise: Promise<Snapshot> } | undefined;
  let samples: Sample[] = [];

  const look = async (): Promise<Snapshot> => {
    const [view, workers] = await within(
      Promise.all([inspector.queue(queue), inspector.workers(queue)]),
      'QUEUE_UNAVAILABLE',
    );
    const at = clock.now();
    const newest = samples.at(-1);
    // A counter that fell means a new data set: rates begin anew.
    if (newest !== undefined && newest.totals.submitted > view.totals.submitted) samples = [];
    samples = [...samples.filter((sample) => at - sample.at <= RATE_WINDOW_MS), { at, totals: view.totals }];
    const byName = [...workers].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    return { at, queue: view, workers: byName, rates: ratesOf(samples) };
  };

  return {
    read() {
      const now = clock.now();
      if (last === undefined || now - last.at >= FRESH_MS) {
        const promise = look();
        const mine = { at: now, promise };
        last = mine;
        promise.catch(() => {
          if (last === mine) last = undefined;
        });
      }
      return last.promise;
    },
  };
}

function ratesOf(samples: readonly Sample[]): Rates | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.at - first.at < 500) return undefined;
  const perSecond = (key: keyof Rates): number =>
    Math.round(((last.totals[key] - first.totals[key]) / (last.at - first.at)) * 10_000) / 10;
  return {
    submitted: perSecond('submitted'),
    completed: perSecond('completed'),
    failedAttempts: perSecond('failedAttempts'),
  };
}
