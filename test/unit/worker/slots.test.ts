import { defineJob } from 'prodwork/job/define-job';
import { handle } from 'prodwork/job/handle';
import { Type } from 'typebox';
import { describe, expect, test, vi } from 'vitest';
import { until } from '../../support/until.ts';
import { makeWorker, workerWith } from '../../support/worker-under-test.ts';

const definition = defineJob({ type: 'gate', input: Type.Object({}), timeoutMs: 60_000 });

/** A handler whose runs wait for the test; it can be told to ignore its signal. */
function gate({ heedsSignal = true } = {}) {
  const opened: (() => void)[] = [];
  const seen = { running: 0, most: 0, started: [] as string[], reasons: [] as unknown[] };
  const handler = handle(definition, {
    async run(_payload, { signal, job }) {
      seen.started.push(job.id);
      seen.running++;
      seen.most = Math.max(seen.most, seen.running);
      signal.addEventListener('abort', () => seen.reasons.push(signal.reason?.code));
      try {
        await new Promise<void>((resolve, reject) => {
          opened.push(resolve);
          if (heedsSignal) signal.addEventListener('abort', () => reject(signal.reason));
        });
      } finally {
        seen.running--;
      }
      return {};
    },
  });
  const openAll = (): void => {
    for (const open of opened.splice(0)) open();
  };
  return { handler, seen, openAll };
}

describe('slots', () => {
  test('no more handlers run than there are slots, even when too many jobs are handed over', async () => {
    const { handler, seen, openAll } = gate();
    const { worker, consumer } = await workerWith([handler], { slots: 2 });
    const claims = [1, 2, 3, 4, 5].map(() => consumer.make('gate', {}));
    consumer.context.events.onClaims(claims);
    expect(seen.running).toBe(2);
    await until('all five are settled', () => {
      openAll();
      return consumer.settled.length === 5;
    });
    expect(seen.most).toBe(2);
    expect(seen.started).toEqual(claims.map(({ id }) => id));
    await worker.stop();
  });

  test('a handler starts in the same turn in which its job is handed over', async () => {
    const { handler, seen, openAll } = gate();
    const { worker, consumer } = await workerWith([handler]);
    const { id } = consumer.give('gate', {});
    expect(seen.started).toEqual([id]);
    openAll();
    await worker.stop();
  });

  test('the same delivery handed over twice runs once', async () => {
    const { handler, seen, openAll } = gate();
    const { worker, consumer } = await workerWith([handler]);
    const claim = consumer.give('gate', {});
    consumer.context.events.onClaims([claim]);
    openAll();
    await until('it is settled', () => consumer.settled.length > 0);
    await worker.stop();
    expect(seen.started).toHaveLength(1);
    expect(consumer.settled).toHaveLength(1);
  });

  test('a handler that ignores its signal past the grace keeps its slot until it ends, and its job is settled', async () => {
    const { handler, seen, openAll } = gate({ heedsSignal: false });
    const { worker, consumer } = await workerWith([handler], { slots: 2, graceMs: 1 });
    const stubborn = consumer.give('gate', {}, { timeoutMs: 1 });
    await until('it is settled without its handler', () => consumer.outcomeOf(stubborn));
    expect(consumer.outcomeOf(stubborn)).toMatchObject({ kind: 'retry', error: { code: 'JOB_TIMEOUT' } });
    expect(consumer.sizes).toEqual([1]);
    consumer.give('gate', {});
    consumer.give('gate', {});
    expect(seen.running).toBe(2);
    openAll();
    await until('the third has begun in the freed slot', () => seen.started.length === 3);
    expect(consumer.sizes.at(-1)).toBe(2);
    openAll();
    await worker.stop();
  });

  test('a worker all of whose slots are taken by such handlers gives up, so that a fresh one can take its place', async () => {
    const { handler, openAll } = gate({ heedsSignal: false });
    const { worker, consumer } = await workerWith([handler], { slots: 1, graceMs: 1 });
    consumer.give('gate', {}, { timeoutMs: 1 });
    expect(await worker.failed).toMatchObject({ code: 'PRODWORK_WORKER_STUCK' });
    openAll();
    await worker.stop();
  });
});

describe('leaving', () => {
  test('a queue that never answers the good-bye does not keep a worker from leaving', async () => {
    const { worker, consumer } = await workerWith([]);
    consumer.stop = () => new Promise(() => {});
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const stopped = worker.stop();
      await vi.runAllTimersAsync();
      await stopped;
    } finally {
      vi.useRealTimers();
    }
    expect(worker.status.state).toBe('stopped');
  });

  test('a stop lets running jobs finish, claims nothing more, and then stops the consumer', async () => {
    const { handler, openAll } = gate();
    const { worker, consumer } = await workerWith([handler]);
    const claim = consumer.give('gate', {});
    const stopped = worker.stop();
    expect(consumer.calls).toEqual(['start', 'quiet']);
    openAll();
    await stopped;
    expect(consumer.outcomeOf(claim)).toMatchObject({ kind: 'complete' });
    expect(consumer.calls).toEqual(['start', 'quiet', 'stop']);
  });

  test('at the drain deadline the rest is aborted and handed back without an attempt spent', async () => {
    const { handler, seen } = gate();
    const { worker, consumer } = await workerWith([handler], { drainMs: 1 });
    const claim = consumer.give('gate', {});
    await worker.stop();
    expect(consumer.outcomeOf(claim)).toEqual({ kind: 'release', cause: 'WORKER_DRAINING' });
    expect(seen.reasons).toEqual(['WORKER_DRAINING']);
  });

  test('a handler that ignores the drain is handed back after its grace all the same', async () => {
    const { handler, openAll } = gate({ heedsSignal: false });
    const { worker, consumer } = await workerWith([handler], { drainMs: 1, graceMs: 1 });
    const claim = consumer.give('gate', {});
    await worker.stop();
    expect(consumer.outcomeOf(claim)).toMatchObject({ kind: 'release' });
    openAll();
  });

  test('jobs that arrive or wait for a slot after the stop are handed back unstarted', async () => {
    const { handler, seen, openAll } = gate();
    const { worker, consumer } = await workerWith([handler], { slots: 1 });
    consumer.give('gate', {});
    const parked = consumer.give('gate', {});
    const stopped = worker.stop();
    const late = consumer.give('gate', {});
    expect(consumer.outcomeOf(parked)).toMatchObject({ kind: 'release' });
    expect(consumer.outcomeOf(late)).toMatchObject({ kind: 'release' });
    openAll();
    await stopped;
    expect(seen.started).toHaveLength(1);
  });

  test('a second stop waits for the first', async () => {
    const { handler, openAll } = gate();
    const { worker, consumer } = await workerWith([handler]);
    consumer.give('gate', {});
    const stops = [worker.stop(), worker.stop()];
    openAll();
    await stops[1];
    expect(consumer.calls).toEqual(['start', 'quiet', 'stop']);
  });

  test('a stop before the start is legal, and nothing starts after it', async () => {
    const { worker, consumer } = makeWorker([gate().handler]);
    await worker.stop();
    await worker.start();
    expect(consumer.calls).toEqual(['stop']);
  });

  test('a settle that Redis never answers does not keep the worker from leaving', async () => {
    const { handler, openAll } = gate();
    const { worker, consumer } = await workerWith([handler], { drainMs: 1, graceMs: 1 });
    const refused = Promise.withResolvers<never>();
    consumer.answer = () => refused.promise;
    consumer.give('gate', {});
    openAll();
    await worker.stop();
    expect(consumer.calls.at(-1)).toBe('stop');
    refused.reject(new Error('stopped'));
  });

  test('what the consumer calls fatal fails the worker, and its drain is cut short', async () => {
    const { handler } = gate();
    const { worker, consumer } = await workerWith([handler], { drainMs: 3_600_000 });
    const claim = consumer.give('gate', {});
    consumer.context.events.onFatal(new Error('name taken'));
    expect(await worker.failed).toMatchObject({ message: 'name taken' });
    await worker.stop();
    expect(consumer.outcomeOf(claim)).toMatchObject({ kind: 'release' });
  });
});
