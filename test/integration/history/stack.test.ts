import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { freePort, type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

describe.skipIf(postgresBin() === undefined)('producer and worker with a history', () => {
  let redis: RedisServer;
  let postgres: PostgresServer;
  let origin: string;
  let workerPort: number;
  const children: ChildProcess[] = [];
  const process_ = (main: string, env: Record<string, string>): void => {
    const child = spawn(process.execPath, ['--conditions=source', `packages/${main}/src/main.ts`], {
      stdio: 'ignore',
      env: { ...process.env, REDIS_URL: redis.url, DATABASE_URL: postgres.url(), QUEUE_KEEP_COUNT: '0', ...env },
    });
    children.push(child);
  };
  const get = async (path: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await fetch(`${origin}${path}`);
    const body = (await answer.json()) as Record<string, unknown>;
    return { status: answer.status, body };
  };

  beforeAll(async () => {
    // Postgres is late: neither of the two waits for it.
    [redis, postgres] = await Promise.all([startRedis(), startPostgres({}, true)]);
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    process_('producer', { PRODUCER_PORT: String(port) });
    workerPort = await freePort();
    process_('worker', { WORKER_PORT: String(workerPort), WORKER_NAME: 'w1' });
    await until(
      'ready',
      () =>
        fetch(`${origin}/readyz`).then(
          (answer) => answer.ok,
          () => false,
        ),
      30_000,
    );
  });
  afterAll(async () => {
    for (const child of children) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await Promise.all([redis.stop(), postgres.stop()]);
  });

  it('works without Postgres, stores once it is there, and answers from the history when Redis has let go', async () => {
    const answer = await fetch(`${origin}/api/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'sleep', payload: { seconds: 0 } }),
    });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    const done = await until(
      'completed',
      async () => {
        const { body } = await get(`/api/jobs/${id}`);
        return body.state === 'completed' ? body : undefined;
      },
      20_000,
    );
    expect((await get('/api/history')).status).toBe(503);
    await postgres.start();
    const redisClient = redis.client();
    await until(
      'stored, and gone from Redis',
      async () => (await redisClient.hlen('prodwork:{default:0}:rec')) === 0,
      30_000,
    );
    const later = await until('an answer', async () => {
      const { status, body } = await get(`/api/jobs/${id}`);
      return status === 200 ? body : undefined;
    });
    expect(later).toEqual(done);
    expect((await get(`/api/history?q=${encodeURIComponent(id)}`)).body).toEqual({ jobs: [done] });
    expect((await get(`/api/history?type=sleep&state=completed&limit=1`)).body).toMatchObject({ jobs: [{ id }] });
    const receipt = await fetch(`${origin}/jobs/${id}`, { headers: { accept: 'text/html' } });
    expect(receipt.status).toBe(200);
    expect(await receipt.text()).toContain('ompleted');
    expect((await get(`/api/jobs/${id}/why`)).body).toMatchObject({ reason: 'final', state: 'completed' });
    expect((await get('/api/jobs/default.0.xxxxxxxxxxxxxxxxxxxxxx')).status).toBe(404);
    const metrics = await (await fetch(`http://127.0.0.1:${workerPort}/metrics`)).text();
    expect(metrics).toMatch(/^prodwork_history_stored_jobs 1$/m);
    expect(metrics).toMatch(/^prodwork_history_dropped_jobs 0$/m);
  });

  it.each([
    ['state=waiting'],
    ['limit=0'],
    ['limit=201'],
    ['from=-1'],
    ['nonsense=1'],
    [`q=${'x'.repeat(201)}`],
    ['cursor=***'],
    ['cursor=abcd'],
    ['queue=UPPER'],
  ])('refuses ?%s with the field and its rule', async (query) => {
    const { status, body } = await get(`/api/history?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'INVALID_FIELD', field: expect.any(String), rule: expect.any(String) });
  });
});
