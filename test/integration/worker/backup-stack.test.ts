import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { type ProducerProcess, startProducer } from '../../support/producer-process.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { startWorker, type WorkerProcess } from '../../support/worker-process.ts';

interface JobView {
  readonly id: string;
  readonly state: string;
  readonly verified?: { readonly evidence: Record<string, unknown> };
  readonly deliveries: readonly { readonly worker: string }[];
}

describe.skipIf(postgresBin() === undefined)('backup jobs among workers of which one has pg_dump', () => {
  let redis: RedisServer;
  let postgres: PostgresServer;
  let producer: ProducerProcess;
  let folder: string;
  const workers: WorkerProcess[] = [];
  const env = () => ({ REDIS_URL: redis.url, LOG_FORMAT: 'json' });
  const job = async (id: string): Promise<JobView> =>
    (await (await fetch(`${producer.url}/api/jobs/${id}`)).json()) as JobView;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'prodwork-backups-'));
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
    await postgres.admin.query('create table notes (id int); insert into notes select generate_series(1, 50)');
    await writeFile(
      join(folder, 'list.json'),
      JSON.stringify({ databases: { notes: { url: postgres.url(), folder } } }),
    );
    producer = await startProducer({ ...env(), PRODUCER_BACKUPS: 'on' });
    workers.push(await startWorker('plain', env()));
  });
  afterAll(async () => {
    for (const one of [producer, ...workers]) {
      one?.signal('SIGTERM');
      await one?.ended;
    }
    await Promise.all([redis.stop(), postgres.stop()]);
    await rm(folder, { recursive: true });
  });

  it('waits, says why, and runs on the able worker alone; its evidence stays with the job', async () => {
    const answer = await fetch(`${producer.url}/api/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'backup', payload: { database: 'notes' } }),
    });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as JobView;
    const why = (await (await fetch(`${producer.url}/api/jobs/${id}/why`)).json()) as { reason: string };
    expect(why.reason).toBe('no-able-worker');
    workers.push(
      await startWorker('able', {
        ...env(),
        PATH: `${process.env.PATH}:${postgresBin()}`,
        WORKER_BACKUP_FILE: join(folder, 'list.json'),
        WORKER_TYPES: 'backup',
      }),
    );
    const done = await until('the backup', async () => {
      const now = await job(id);
      return now.state === 'completed' ? now : undefined;
    });
    expect(done.deliveries.map(({ worker }) => worker)).toEqual(['able']);
    expect(done.verified?.evidence).toMatchObject({
      rows: 50,
      tables: 1,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await readdir(folder)).filter((name) => name.endsWith('.sql.gz'))).toEqual([done.verified?.evidence.file]);
  });
});
