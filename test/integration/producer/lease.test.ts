import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEventStream } from '../../support/event-stream.ts';
import { type ProducerProcess, startProducer } from '../../support/producer-process.ts';
import { jsonOf, tokenOf } from '../../support/producer-under-test.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { startWorker } from '../../support/worker-process.ts';

let redis: RedisServer;
let producers: ProducerProcess[];
const start = async (env: NodeJS.ProcessEnv = {}): Promise<ProducerProcess> => {
  const made = await startProducer({ REDIS_URL: redis.url, ...env });
  producers.push(made);
  return made;
};
beforeEach(async () => {
  producers = [];
  redis = await startRedis();
});
afterEach(async () => {
  for (const producer of producers) producer.signal('SIGKILL');
  await Promise.all(producers.map(({ ended }) => ended));
  await redis.stop();
});

interface Job {
  readonly id: string;
  readonly state: string;
  readonly result?: unknown;
}
const submit = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ type: 'sleep', payload: { seconds: 0 } }),
  });
const form = (url: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${url}/jobs`, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) });

describe('the producer on a real Redis', () => {
  it('carries a job from the form to its receipt, which any replica serves', async () => {
    const [one, two] = [await start(), await start()];
    const worker = await startWorker('worker-1', { REDIS_URL: redis.url });
    const fields = { type: 'sleep', seconds: '0', copies: '1', token: tokenOf(await (await fetch(one.url)).text()) };
    const [first, second] = await Promise.all([form(one.url, fields), form(two.url, fields)]);
    expect([first.status, second.status]).toEqual([303, 303]);
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    const receipt = `${two.url}${first.headers.get('location')}`;
    const page = await until('the result on the receipt', async () => {
      const text = await (await fetch(receipt)).text();
      return text.includes('data-state="completed"') && text;
    });
    expect(page).toContain('sleptMs');
    const { jobs } = await jsonOf<{ jobs: Job[] }>(await fetch(`${one.url}/api/jobs`));
    expect(jobs).toHaveLength(1);
    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
  });

  it('answers 503 with Retry-After while Redis is away, and accepts again by itself', async () => {
    const { url } = await start();
    const kept = await jsonOf<Job>(await submit(url, { 'idempotency-key': 'kept' }));
    // With a slow disk Redis holds its file back for up to two seconds, and a kill would take what was accepted.
    await until('the file has it', async () => /aof_buffer_length:0\b/.test(await redis.client().info('persistence')));
    await redis.kill();
    for (const call of [
      () => submit(url),
      () => fetch(`${url}/api/jobs/${kept.id}`),
      () => fetch(`${url}/api/queues`),
    ]) {
      const answer = await call();
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(['QUEUE_UNAVAILABLE', 'SUBMIT_UNKNOWN']).toContain((await jsonOf(answer)).code);
    }
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect(await (await fetch(url)).text()).toContain('Redis does not answer just now');
    await redis.restart();
    await until('readiness', async () => (await fetch(`${url}/readyz`)).ok);
    const again = await until('an accepted submit', async () => {
      const answer = await submit(url, { 'idempotency-key': 'kept' });
      return answer.ok && answer;
    });
    expect([again.status, (await jsonOf<Job>(again)).id]).toEqual([200, kept.id]);
  });

  it('makes one job of a hundred submits with one key, over two replicas', async () => {
    const [one, two] = [await start(), await start()];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => submit((n % 2 === 0 ? one : two).url, { 'idempotency-key': 'same' })),
    );
    expect(answers.filter((answer) => answer.status === 202)).toHaveLength(1);
    const ids = await Promise.all(answers.map(async (answer) => (await jsonOf<Job>(answer)).id));
    expect(new Set(ids).size).toBe(1);
  });

  it('stores ten thousand jobs in one call', async () => {
    const { url } = await start();
    const lines = Array.from({ length: 10_000 }, (_, n) =>
      JSON.stringify({ type: 'sleep', payload: { seconds: n === 4_711 ? -1 : 0 } }),
    );
    const answer = await fetch(`${url}/api/jobs/bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    const { results } = await jsonOf<{ results: { line: number; error?: { code: string } }[] }>(answer);
    expect(results.filter(({ error }) => error !== undefined).map(({ line, error }) => [line, error?.code])).toEqual([
      [4_712, 'INVALID_PAYLOAD'],
    ]);
    const { queues } = await jsonOf<{ queues: { counts: { waiting: number } }[] }>(await fetch(`${url}/api/queues`));
    expect(queues[0]?.counts.waiting).toBe(9_999);
  });

  it('leaves with 0 on SIGTERM, ending its streams', async () => {
    const producer = await start();
    const stream = await openEventStream(`${producer.url}/events`);
    await stream.next('gauge');
    producer.signal('SIGTERM');
    await stream.ended();
    expect(await producer.ended).toBe(0);
  });

  it('starts while Redis is away, says so, and is ready when it comes', async () => {
    await redis.kill();
    const { url } = await start();
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await submit(url)).status).toBe(503);
    await redis.restart();
    await until('an accepted submit', async () => (await submit(url)).ok);
  });

  it('does not start on a Redis that would evict jobs, and says why', async () => {
    const unsafe = await startRedis(['--maxmemory-policy', 'allkeys-lru']);
    await expect(start({ REDIS_URL: unsafe.url })).rejects.toThrow(/ended with 1.*allkeys-lru/s);
    await unsafe.stop();
  });
});
