import { HealthServer } from '@prodwork/worker/health';
import type { EngineHealth } from 'prodwork/engine/engine';
import { defineJob } from 'prodwork/job/define-job';
import { handle } from 'prodwork/job/handle';
import { Type } from 'typebox';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { type WorkerUnderTest, workerWith } from '../../support/worker-under-test.ts';

const noop = handle(defineJob({ type: 'noop', input: Type.Object({}) }), { run: () => ({}) });

let made: WorkerUnderTest;
let server: HealthServer;
let redis: EngineHealth;
beforeEach(async () => {
  made = await workerWith([noop], { restarts: 4 });
  redis = { isReady: true, problems: [], warnings: [] };
  const { worker, metrics } = made;
  server = new HealthServer({ host: '127.0.0.1', port: 0, worker, metrics, engineHealth: async () => redis });
  await server.start();
});
afterEach(async () => {
  await made.worker.stop();
  await Promise.all([server.stop(), server.stop()]);
});

const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

describe('the probes of a worker', () => {
  test('say ok while its fetch loop turns, and 503 with the reason when it does not', async () => {
    expect((await get('/healthz')).status).toBe(200);
    made.consumer.turned = () => 0;
    expect((await get('/healthz')).status).toBe(200);
    await made.worker.stop();
    const answer = await get('/healthz');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ status: 'unhealthy', reason: expect.any(String) });
  });

  test('say ready while jobs could come, and why not otherwise', async () => {
    expect((await get('/readyz')).status).toBe(200);
    redis = { isReady: false, problems: ['maxmemory-policy is allkeys-lru'], warnings: [] };
    const unsafe = await get('/readyz');
    expect(unsafe.status).toBe(503);
    expect(await unsafe.json()).toMatchObject({ reason: 'maxmemory-policy is allkeys-lru' });
    redis = { isReady: true, problems: [], warnings: [] };
    made.consumer.quiet();
    expect((await get('/readyz')).status).toBe(503);
    expect((await get('/healthz')).status).toBe(200);
  });

  test('know no other paths and no other methods', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/healthz', 'POST')).status).toBe(405);
    expect(await (await get('/healthz?x=1', 'HEAD')).text()).toBe('');
  });
});

test('the metrics count jobs by type and outcome, redeliveries and restarts, and strangers only as other', async () => {
  const { consumer } = made;
  const first = consumer.give('noop', {});
  const again = consumer.give('noop', {}, { delivery: 2 });
  const stranger = consumer.give('type-nobody-knows', {});
  await until('all are settled', () => [first, again, stranger].every((claim) => consumer.outcomeOf(claim)));
  const answer = await get('/metrics');
  expect(answer.headers.get('content-type')).toContain('text/plain');
  const lines = (await answer.text()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'prodwork_jobs_total{type="noop",outcome="complete"} 2',
      'prodwork_jobs_total{type="other",outcome="retry"} 1',
      'prodwork_redeliveries_total{type="noop"} 1',
      'prodwork_job_duration_seconds_count{type="noop"} 2',
      'prodwork_slots 2',
      'prodwork_jobs_in_hand 0',
      'prodwork_event_loop_blocked_total 0',
      'prodwork_worker_restarts 4',
      'prodwork_worker_ready 1',
    ]),
  );
  for (const name of ['watchdog_age_seconds', 'event_loop_lag_seconds', 'handlers_lingering']) {
    expect(lines.some((line) => line.startsWith(`prodwork_${name} `))).toBe(true);
  }
  expect(lines.some((line) => line.startsWith('process_resident_memory_bytes '))).toBe(true);
});

test('a handler that blocks the event loop is counted', async () => {
  const blocking = handle(defineJob({ type: 'blocking', input: Type.Object({}) }), {
    run: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_300),
  });
  const { worker, consumer, metrics } = await workerWith([blocking]);
  consumer.give('blocking', {});
  await until('it is counted', async () => /event_loop_blocked_total [1-9]/.test(await metrics.text()));
  await worker.stop();
});
