import { randomUUID } from 'node:crypto';
import type { Clock } from 'prodwork/clock';
import type { Inspector } from 'prodwork/engine/inspector';
import type { Log } from 'prodwork/log';
import { gauge } from '../views/gauge.ts';
import { createJobWatch, type JobWatch } from './job-watch.ts';
import { publicView } from './public-view.ts';
import type { Snapshots } from './snapshot.ts';
import type { Stream } from './stream.ts';

export interface HubOptions {
  readonly snapshots: Snapshots;
  readonly inspector: Pick<Inspector, 'jobs'>;
  readonly idsOfBatch: (name: string) => readonly string[] | undefined;
  readonly queue: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly max: number;
  /** Told whenever the number of open streams changes. */
  readonly onCount: (count: number) => void;
}

/**
 * All live streams of this process. One look a second at the queue and one each half second at the watched jobs serve
 * them all, whatever their number; nobody listening means nobody looks. What is sent is always the present state,
 * never a backlog, so that a stream that comes back after a gap has missed nothing that still matters.
 */
export interface Hub {
  readonly isFull: () => boolean;
  /** @param lastEventId what the client saw last; the same state is not sent again. */
  add(stream: Stream, lastEventId: string | undefined): void;
  remove(stream: Stream): void;
  /** Ends every stream and refuses new ones. */
  close(): void;
}

const GAUGE_MS = 1_000;
const JOBS_MS = 500;
const BEAT_MS = 15_000;

interface GaugeEvent {
  readonly id: string;
  readonly json: string;
  readonly html: string;
}

export function createHub(options: HubOptions): Hub {
  const { snapshots, clock, log } = options;
  const streams = new Set<Stream>();
  const watch: JobWatch = createJobWatch(options);
  const boot = randomUUID().slice(0, 8);
  let timers: NodeJS.Timeout[] = [];
  let count = 0;
  let latest: GaugeEvent | undefined;
  let isClosed = false;

  const lookAtQueue = async (): Promise<void> => {
    const snapshot = await snapshots.read().catch(() => undefined);
    const view = snapshot === undefined ? { at: clock.now(), isAvailable: false } : publicView(snapshot);
    count += 1;
    latest = {
      id: `${boot}-${count}`,
      json: JSON.stringify(view),
      html: JSON.stringify({ ...view, html: gauge(snapshot).text }),
    };
    for (const stream of streams) sendGauge(stream, latest);
  };
  const lookAtJobs = async (): Promise<void> => {
    for (const { streams: wanting, event, data } of await watch.changes(streams)) {
      count += 1;
      for (const stream of wanting) stream.send(event, `${boot}-${count}`, data);
    }
  };
  /** Repeats without ever overlapping itself; a look that fails is reported and tried again. */
  const repeat = (everyMs: number, look: () => Promise<void>): NodeJS.Timeout => {
    let isUnderWay = false;
    return setInterval(() => {
      if (isUnderWay) return;
      isUnderWay = true;
      look()
        .catch((err: unknown) => log.debug({ err }, 'live look failed'))
        .finally(() => {
          isUnderWay = false;
        });
    }, everyMs);
  };
  const begin = (): void => {
    timers = [
      repeat(GAUGE_MS, lookAtQueue),
      repeat(JOBS_MS, lookAtJobs),
      setInterval(() => {
        for (const stream of streams) stream.beat();
      }, BEAT_MS),
    ];
  };
  const rest = (): void => {
    for (const timer of timers) clearInterval(timer);
    timers = [];
    latest = undefined;
  };

  return {
    isFull: () => isClosed || streams.size >= options.max,
    add(stream, lastEventId) {
      streams.add(stream);
      options.onCount(streams.size);
      if (streams.size === 1) begin();
      if (latest !== undefined && latest.id !== lastEventId) sendGauge(stream, latest);
      else if (latest === undefined) void lookAtQueue();
      watch.greet(stream);
    },
    remove(stream) {
      if (!streams.delete(stream)) return;
      options.onCount(streams.size);
      watch.forget(stream);
      if (streams.size === 0) rest();
    },
    close() {
      isClosed = true;
      rest();
      for (const stream of streams) stream.end();
      streams.clear();
    },
  };
}

function sendGauge(stream: Stream, event: GaugeEvent): void {
  stream.send('gauge', event.id, stream.wishes.wantsHtml ? event.html : event.json);
}
