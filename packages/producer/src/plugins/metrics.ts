import type { FastifyInstance } from 'fastify';
import { TalliedHistogram } from 'prodwork/metrics/tallied-histogram';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Snapshots } from '../live/snapshot.ts';

/** What Prometheus reads. Labels are route patterns and error codes: bounded, whatever callers send. */
export interface Metrics {
  readonly contentType: string;
  /** The text of one scrape; the queue is looked at first. */
  scrape(): Promise<string>;
  readonly submits: Counter<'outcome'>;
  readonly requests: TalliedHistogram<'method' | 'route' | 'status'>;
  readonly streams: Gauge;
}

export function createMetrics(snapshots: Snapshots): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const jobs = new Gauge({ name: 'prodwork_jobs', help: 'Jobs by state.', labelNames: ['queue', 'state'], registers });
  const oldest = new Gauge({
    name: 'prodwork_oldest_waiting_seconds',
    help: 'Age of the job that has waited longest; the signal to scale on.',
    labelNames: ['queue'],
    registers,
  });
  const workers = new Gauge({
    name: 'prodwork_workers',
    help: 'Workers by state.',
    labelNames: ['queue', 'state'],
    registers,
  });
  const up = new Gauge({ name: 'prodwork_queue_up', help: '1 when the queue answered this scrape.', registers });
  const look = async (): Promise<void> => {
    const snapshot = await snapshots.read().catch(() => undefined);
    for (const gauge of [jobs, oldest, workers]) gauge.reset();
    up.set(snapshot === undefined ? 0 : 1);
    if (snapshot === undefined) return;
    const { queue } = snapshot;
    for (const [state, count] of Object.entries(queue.counts)) jobs.set({ queue: queue.name, state }, count);
    oldest.set({ queue: queue.name }, queue.oldestWaitingMs / 1000);
    for (const worker of snapshot.workers) workers.inc({ queue: queue.name, state: worker.state });
  };
  return {
    contentType: registry.contentType,
    async scrape() {
      await look();
      return registry.metrics();
    },
    submits: new Counter({
      name: 'prodwork_submits_total',
      help: 'Submits by outcome: stored, exists, conflict, or an error code.',
      labelNames: ['outcome'],
      registers,
    }),
    requests: new TalliedHistogram({
      name: 'prodwork_http_request_duration_seconds',
      help: 'Requests by route and status.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      registers,
    }),
    streams: new Gauge({ name: 'prodwork_streams', help: 'Open live streams.', registers }),
  };
}

export function installMetrics(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    if (route !== '/events') {
      const { method } = request;
      const status = String(reply.statusCode);
      metrics.requests.note(`${method} ${status} ${route}`, reply.elapsedTime / 1000, () => ({
        method,
        route,
        status,
      }));
    }
    done();
  });
  app.get(
    '/metrics',
    { schema: { tags: ['health'], summary: 'Prometheus metrics' }, config: { role: 'read' } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.scrape()),
  );
}
