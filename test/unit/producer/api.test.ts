import { ProdworkError } from 'prodwork/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobCount, type ProducerUnderTest, post, producer } from '../../support/producer-under-test.ts';

let test: ProducerUnderTest;
beforeEach(async () => {
  test = await producer();
});
afterEach(() => test.close());

const good = { type: 'sleep', payload: { seconds: 1 } };

describe('POST /api/jobs', () => {
  it('answers 202 with the job and where it is', async () => {
    const answer = await test.app.inject(post(good));
    expect(answer.statusCode).toBe(202);
    const job = answer.json();
    expect(job).toMatchObject({
      type: 'sleep',
      queue: 'default',
      state: 'waiting',
      payload: { seconds: 1 },
      attempts: 0,
    });
    expect(answer.headers.location).toBe(`/api/jobs/${job.id}`);
    expect(answer.headers['idempotency-window']).toBe('86400');
    expect((await test.app.inject(String(answer.headers.location))).json()).toEqual(job);
  });

  it('answers 200 with the same job for the same key, 422 for another body', async () => {
    const key = { 'idempotency-key': 'order-1' };
    const delayed = { ...good, delayMs: 60_000 };
    const first = await test.app.inject(post(delayed, key));
    const again = await test.app.inject(post({ delayMs: 60_000, ...good }, key));
    const other = await test.app.inject(post(good, key));
    expect([first.statusCode, again.statusCode, other.statusCode]).toEqual([202, 200, 422]);
    expect(again.json().id).toBe(first.json().id);
    expect(other.json()).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', field: 'Idempotency-Key' });
    expect(await jobCount(test.app)).toBe(1);
  });

  it('makes a chosen id unique within its queue', async () => {
    const of = async (body: object) => (await test.app.inject(post({ ...good, id: 'order', ...body }))).statusCode;
    expect(await of({})).toBe(202);
    expect(await of({})).toBe(200);
    expect(await of({ payload: { seconds: 2 } })).toBe(422);
    const elsewhere = await test.app.inject(post({ ...good, id: 'order', queue: 'other' }));
    expect(elsewhere.statusCode).toBe(202);
    expect(elsewhere.headers.location).toBe('/api/jobs/order?queue=other');
    expect((await test.app.inject('/api/jobs/order?queue=other')).json().queue).toBe('other');
    expect((await test.app.inject('/api/jobs/order?queue=third')).statusCode).toBe(404);
  });

  it.each([
    ['QUEUE_UNAVAILABLE', 503],
    ['SUBMIT_UNKNOWN', 503],
    ['QUEUE_FULL', 503],
    ['PRODWORK_ENGINE_UNSUPPORTED', 501],
  ] as const)('answers %s as a problem, and never as accepted', async (code, status) => {
    const away = await producer({}, () => ({ submitter: { submit: () => Promise.reject(new ProdworkError(code)) } }));
    const answer = await away.app.inject(post({ ...good, id: 'order' }));
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ code, status, title: expect.any(String), detail: expect.any(String) });
    if (status === 503) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    await away.close();
  });

  it('calls a submit that never answers unknown, and names its id', async () => {
    const mute = await producer({}, () => ({ submitter: { submit: () => new Promise(() => {}) } }));
    const answer = await mute.app.inject(post({ ...good, id: 'order' }));
    expect(answer.json()).toMatchObject({ status: 503, code: 'SUBMIT_UNKNOWN', jobId: 'order' });
    await mute.close();
  });

  it('hides what went wrong inside', async () => {
    const broken = await producer({}, () => ({
      submitter: { submit: () => Promise.reject(new Error('secret at redis://u:p@h')) },
    }));
    const answer = await broken.app.inject(post(good));
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    await broken.close();
  });
});

describe('reading jobs', () => {
  it('lists page by page, each job once', async () => {
    for (let n = 0; n < 5; n++) await test.app.inject(post({ ...good, id: `job${n}` }));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = (
        await test.app.inject(`/api/jobs?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
      ).json();
      seen.push(...page.jobs.map((job: { id: string }) => job.id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen.sort()).toEqual(['job0', 'job1', 'job2', 'job3', 'job4']);
  });

  it('filters by state, type and text', async () => {
    await test.app.inject(post(good));
    await test.app.inject(post({ type: 'primes', payload: { upTo: 77 } }));
    const types = async (query: string) =>
      (await test.app.inject(`/api/jobs?${query}`)).json().jobs.map((job: { type: string }) => job.type);
    expect(await types('type=primes')).toEqual(['primes']);
    expect(await types('q=77')).toEqual(['primes']);
    expect(await types('state=dead')).toEqual([]);
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'state=lost', 'queue=a:b', 'surprise=1', 'q='])(
    'refuses the query %s by rule',
    async (query) => {
      const answer = await test.app.inject(`/api/jobs?${query}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({
        code: 'INVALID_FIELD',
        field: query.split('=')[0],
        rule: expect.any(String),
      });
    },
  );

  it('answers 404 for a job that is not there', async () => {
    expect((await test.app.inject('/api/jobs/nothing')).json()).toMatchObject({ code: 'NOT_FOUND', jobId: 'nothing' });
  });
});

describe('acts', () => {
  const act = async (method: 'POST' | 'DELETE', url: string) => {
    const answer = await test.app.inject({ method, url });
    return [answer.statusCode, answer.json().answer ?? answer.json().code];
  };

  it('cancel, retry and delete a job, and refuse what its state does not allow', async () => {
    await test.app.inject(post({ ...good, id: 'order' }));
    expect(await act('POST', '/api/jobs/order/retry')).toEqual([200, 'unchanged']);
    expect(await act('POST', '/api/jobs/order/cancel')).toEqual([200, 'cancelled']);
    expect(await act('POST', '/api/jobs/order/cancel')).toEqual([200, 'unchanged']);
    expect(await act('POST', '/api/jobs/order/retry')).toEqual([200, 'reopened']);
    expect((await test.app.inject('/api/jobs/order')).json()).toMatchObject({ state: 'waiting', generation: 2 });
    expect(await act('DELETE', '/api/jobs/order')).toEqual([200, 'removed']);
    expect(await act('DELETE', '/api/jobs/order')).toEqual([404, 'NOT_FOUND']);
  });

  it('say why a job does not run', async () => {
    await test.app.inject(post({ ...good, id: 'order' }));
    expect((await test.app.inject('/api/jobs/order/why')).json()).toMatchObject({
      id: 'order',
      state: 'waiting',
      reason: 'no-worker',
    });
    await test.app.inject({ method: 'POST', url: '/api/queues/default/pause' });
    expect((await test.app.inject('/api/jobs/order/why')).json().reason).toBe('paused');
    expect((await test.app.inject({ method: 'POST', url: '/api/queues/default/resume' })).json().isPaused).toBe(false);
  });

  it('are refused by name when the engine cannot do them', async () => {
    const plain = await producer({}, (engine) => ({
      engine: { ...engine, promises: { ...engine.promises, cancel: false, operatorRetry: false, pause: false } },
    }));
    for (const url of ['/api/jobs/x/cancel', '/api/jobs/x/retry', '/api/queues/default/pause']) {
      expect((await plain.app.inject({ method: 'POST', url })).json()).toMatchObject({
        status: 501,
        code: 'UNSUPPORTED',
      });
    }
    await plain.close();
  });
});

describe('the queue', () => {
  it('is counted in queues, stats and metrics alike', async () => {
    await test.app.inject(post(good));
    const [queues, stats, metrics] = await Promise.all([
      test.app.inject('/api/queues'),
      test.app.inject('/api/stats'),
      test.app.inject('/metrics'),
    ]);
    expect(queues.json().queues[0]).toMatchObject({ name: 'default', counts: { waiting: 1 } });
    expect(stats.json()).toMatchObject({ engine: 'memory', queue: { counts: { waiting: 1 } }, workers: { total: 0 } });
    expect(metrics.body).toContain('prodwork_jobs{queue="default",state="waiting"} 1');
    expect(metrics.body).toContain('prodwork_submits_total{outcome="stored"} 1');
    expect(metrics.body).toContain('prodwork_queue_up 1');
  });

  it('is not ready when Redis is not, and says why', async () => {
    const health = async () => ({ isReady: false, problems: ['maxmemory-policy is allkeys-lru'], warnings: [] });
    const sick = await producer({}, (engine) => ({ engine: { ...engine, health } }));
    const answer = await sick.app.inject('/readyz');
    expect([answer.statusCode, answer.json().problems]).toEqual([503, ['maxmemory-policy is allkeys-lru']]);
    expect((await sick.app.inject('/healthz')).statusCode).toBe(200);
    await sick.close();
  });
});
