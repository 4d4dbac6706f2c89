import type { Outcome } from 'prodwork/job/outcome';
import { TalliedHistogram } from 'prodwork/metrics/tallied-histogram';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Read when Prometheus asks. */
export interface Gauges {
  readonly slots: () => number;
  readonly inHand: () => number;
  readonly lingering: () => number;
  readonly loopLagMs: () => number;
  readonly restarts: () => number;
  readonly watchdogAgeMs: () => number;
  readonly isReady: () => boolean;
}

/** The history as this worker sees it. */
export interface HistoryGauges {
  readonly isHolder: boolean;
  readonly stored: number;
  readonly backlog?: { readonly jobs: number; readonly bytes: number; readonly dropped: number };
}

/** What a worker counts. Each worker has its own registry, so that two in one process do not share figures. */
export interface Metrics {
  settled(type: string, outcome: Outcome['kind'] | 'lost' | 'unknown'): void;
  ran(type: string, durationMs: number): void;
  /** A job was started for the first time, this long after it was submitted. */
  waited(type: string, waitMs: number): void;
  redelivered(type: string): void;
  loopBlocked(): void;
  watch(gauges: Gauges): void;
  /** Only where there is a history. */
  watchHistory(read: () => HistoryGauges): void;
  readonly contentType: string;
  text(): Promise<string>;
}

/** @param types the label values that there may be; anything else is counted as `other`, so that nobody can grow them. */
export function createMetrics(types: readonly string[]): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const known = new Set(types);
  const label = (type: string): string => (known.has(type) ? type : 'other');
  collectDefaultMetrics({ register: registry });
  // Counted here, and told to the registry when somebody asks: its own counting costs more than a small job.
  const ended = new Map<string, Map<string, number>>();
  new Counter({
    name: 'prodwork_jobs_total',
    help: 'Deliveries that ended, by type and outcome.',
    labelNames: ['type', 'outcome'],
    registers,
    collect() {
      for (const [type, counts] of ended) {
        for (const [outcome, count] of counts) this.inc({ type, outcome }, count);
      }
      ended.clear();
    },
  });
  const durations = new TalliedHistogram({
    name: 'prodwork_job_duration_seconds',
    help: 'Time that a handler had a slot for one delivery.',
    labelNames: ['type'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
    registers,
  });
  const waits = new TalliedHistogram({
    name: 'prodwork_job_wait_seconds',
    help: 'Time from the submit of a job to its first start, by the clocks of Redis and of this worker; a delay that was asked for is part of it.',
    labelNames: ['type'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200],
    registers,
  });
  const note = (histogram: TalliedHistogram<'type'>, type: string, ms: number): void =>
    histogram.note(label(type), ms / 1_000, () => ({ type: label(type) }));
  const redeliveries = new Counter({
    name: 'prodwork_redeliveries_total',
    help: 'Deliveries after the first: retries, hand-backs and jobs taken over from dead workers.',
    labelNames: ['type'],
    registers,
  });
  const blocked = new Counter({
    name: 'prodwork_event_loop_blocked_total',
    help: 'Times that the event loop did not turn for a second or longer.',
    registers,
  });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `prodwork_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  return {
    settled(type, outcome) {
      const name = label(type);
      const counts = ended.get(name) ?? new Map<string, number>();
      if (counts.size === 0) ended.set(name, counts);
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    },
    ran: (type, durationMs) => note(durations, type, durationMs),
    waited: (type, waitMs) => note(waits, type, Math.max(0, waitMs)),
    redelivered: (type) => redeliveries.inc({ type: label(type) }),
    loopBlocked: () => blocked.inc(),
    watch(gauges) {
      gauge('slots', 'Jobs that this worker can run at the same time.', gauges.slots);
      gauge('jobs_in_hand', 'Jobs that this worker holds.', gauges.inHand);
      gauge('handlers_lingering', 'Slots taken by handlers that ignored their signal.', gauges.lingering);
      gauge(
        'event_loop_lag_seconds',
        'Longest delay of the event loop in the last second.',
        () => gauges.loopLagMs() / 1_000,
      );
      gauge('worker_restarts', 'How often the supervisor has restarted this worker.', gauges.restarts);
      gauge('watchdog_age_seconds', 'Time since the fetch loop last turned.', () => gauges.watchdogAgeMs() / 1_000);
      gauge('worker_ready', '1 when jobs could come.', () => (gauges.isReady() ? 1 : 0));
    },
    watchHistory(read) {
      gauge('history_archiving', '1 on the worker that moves finished jobs to the history.', () =>
        read().isHolder ? 1 : 0,
      );
      gauge('history_stored_jobs', 'Finished jobs that this worker has stored since its start.', () => read().stored);
      gauge(
        'history_unstored_jobs',
        'Finished jobs that wait for the history; the same on every worker.',
        () => read().backlog?.jobs ?? 0,
      );
      gauge('history_unstored_bytes', 'About what they take in Redis.', () => read().backlog?.bytes ?? 0);
      gauge(
        'history_dropped_jobs',
        'Finished jobs that were given up unstored. An alarm belongs on it: they are in no history.',
        () => read().backlog?.dropped ?? 0,
      );
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
