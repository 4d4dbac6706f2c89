import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HistoryLab, type HistoryLabOptions } from '../../support/history-lab.ts';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

describe.skipIf(postgresBin() === undefined)('the archiver', () => {
  let redis: RedisServer;
  let postgres: PostgresServer;
  let labs: HistoryLab[] = [];
  let databases = 0;
  const open = async (more: Partial<HistoryLabOptions> = {}): Promise<HistoryLab> => {
    const postgresUrl = more.postgresUrl ?? (await postgres.create(`history_${databases++}`));
    const lab = await HistoryLab.open({ redisUrl: redis.url, postgresUrl, ...more });
    labs.push(lab);
    return lab;
  };

  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  });
  afterEach(async () => {
    for (const lab of labs) await lab.close();
    labs = [];
  });
  afterAll(() => Promise.all([redis.stop(), postgres.stop()]));

  it('stores the final record of every job: what it was given, what came out, who did it', async () => {
    const lab = await open();
    await lab.isMigrated();
    await lab.archiver().start();
    await lab.worker((claim) =>
      claim.payloadJson.includes('bad')
        ? { kind: 'bury', error: { code: 'HANDLER_FAILED', message: 'no such invoice' } }
        : { kind: 'complete', resultJson: '{"sum":42}', verified: { at: 5, evidence: { rows: 3 } } },
    );
    const good = await lab.submitId({ payloadJson: '{"n":1}' });
    const bad = await lab.submitId({ payloadJson: '"bad"', id: 'chosen-1' });
    const [done, dead] = await Promise.all(
      [good, bad].map((id) => until(`${id} in history`, () => lab.history.find(id, 'lab'))),
    );
    expect(done).toEqual(await lab.inspector.job(good, 'lab'));
    expect(done).toMatchObject({
      state: 'completed',
      payload: { n: 1 },
      result: { sum: 42 },
      verified: { evidence: { rows: 3 } },
      deliveries: [{ number: 1, outcome: 'completed' }],
    });
    expect(dead).toMatchObject({
      id: 'chosen-1',
      state: 'dead',
      error: { code: 'HANDLER_FAILED', message: 'no such invoice' },
    });
  });

  it('also stores jobs that no worker ever saw, and each generation of a job that was reopened', async () => {
    const lab = await open();
    const id = await lab.submitId();
    // The rule is set before the job ends, the storing begins later: so the first generation is reopened unstored.
    const source = lab.source();
    await source.start();
    await source.keep({ backlogMaxBytes: 1_000_000, isStrict: false });
    await source.stop();
    expect(await lab.inspector.cancel(id, 'lab')).toBe('cancelled');
    expect(await lab.inspector.retry(id, 'lab')).toBe('reopened');
    await lab.worker();
    await until('the second end', async () => (await lab.inspector.job(id, 'lab'))?.state === 'completed');
    await lab.isMigrated();
    await lab.archiver().start();
    await until('both', async () => (await lab.stored()) === 2);
    const { jobs } = await lab.history.search({ queue: 'lab', limit: 10 });
    expect(jobs.map((job) => [job.id, job.generation, job.state])).toEqual([
      [id, 2, 'completed'],
      [id, 1, 'cancelled'],
    ]);
  });

  it('keeps every finished job in Redis until it is stored, then lets the bounded tail remain', async () => {
    const lab = await open({ keepCount: 10 });
    const source = lab.source();
    await source.start();
    await source.keep({ backlogMaxBytes: 1024 ** 3, isStrict: false });
    await lab.worker();
    await Promise.all(Array.from({ length: 300 }, () => lab.submit()));
    await until('all done', async () => (await lab.inspector.queue('lab')).totals.completed === 300);
    expect((await lab.inspector.queue('lab')).counts.completed).toBe(300);
    expect(await source.backlog()).toMatchObject({ jobs: 300, dropped: 0 });
    await lab.archiver().start();
    await until('all stored', async () => lab.boot.isMigrated() && (await lab.stored()) === 300);
    await until('the tail', async () => (await lab.inspector.queue('lab')).counts.completed <= 10);
    expect(await source.backlog()).toEqual({ jobs: 0, bytes: 0, dropped: 0 });
    await source.stop();
  });

  it('past its bound gives up the oldest, counts them and sounds the alarm', async () => {
    const rules = { backlogMaxBytes: 20_000, isStrict: false };
    const lab = await open({ keepCount: 10, rules, postgresUrl: 'postgres://prodwork@127.0.0.1:1/away' });
    const archiver = lab.archiver();
    await archiver.start();
    const source = lab.source();
    await source.start();
    await lab.worker();
    await until('the rule', async () => (await source.backlog()).dropped === 0);
    await Promise.all(Array.from({ length: 500 }, () => lab.submit({ payloadJson: JSON.stringify('x'.repeat(100)) })));
    await until('all done', async () => (await lab.inspector.queue('lab')).totals.completed === 500);
    const { jobs, bytes, dropped } = await source.backlog();
    expect(dropped).toBeGreaterThan(0);
    expect(jobs + dropped).toBe(500);
    expect(bytes).toBeLessThanOrEqual(20_000);
    await until('the alarm', () => lab.lines().some((line) => line.includes('given up unstored')));
    // It may have looked, and sounded the alarm, while the last of them were still coming in.
    await until('a look at all of them', () => archiver.status().backlog?.jobs === jobs);
    expect(archiver.status().backlog).toEqual({ jobs, bytes, dropped, oldestAt: expect.any(Number) });
    await source.stop();
  });

  it('when strict gives up nothing, and refuses new jobs until the history is back', async () => {
    const rules = { backlogMaxBytes: 5_000, isStrict: true };
    const lab = await open({ rules });
    const source = lab.source();
    await source.start();
    await source.keep(rules);
    await lab.worker();
    const accepted = new Set<string>();
    await until('a refusal', async () => {
      const id = await lab.submitId().catch((error: { code?: string }) => {
        expect(error.code).toBe('QUEUE_FULL');
      });
      if (id) accepted.add(id);
      return id === undefined;
    });
    expect((await source.backlog()).dropped).toBe(0);
    await lab.archiver().start();
    await until('a place', () =>
      lab.submitId().then(
        (id) => accepted.add(id),
        () => false,
      ),
    );
    await until('all stored', async () => (await lab.stored()) === accepted.size);
    await source.stop();
  });

  it('100,000 jobs reach the history, none missing and none twice, while Postgres is restarted five times', async () => {
    const own = await startPostgres();
    const lab = await open({ postgresUrl: own.url(), keepCount: 1_000 });
    try {
      // Two workers could hold the role: it moves between them as connections break.
      await Promise.all([lab.archiver().start(), lab.archiver().start()]);
      await lab.isMigrated();
      await lab.worker();
      const ids = new Set<string>();
      const storedAtRestart: number[] = [];
      const restarts = (async () => {
        for (let restart = 1; restart <= 5; restart++) {
          const from = await until('progress', async () => lab.stored().catch(() => undefined));
          const now = await until(
            'more progress',
            () =>
              lab.stored().then(
                (stored) => (stored > from + 2_000 ? stored : undefined),
                () => undefined,
              ),
            60_000,
          );
          storedAtRestart.push(now);
          await own.kill();
          await own.start();
        }
      })();
      for (let block = 0; block < 100; block++) {
        for (const id of await Promise.all(Array.from({ length: 1_000 }, () => lab.submitId()))) ids.add(id);
      }
      await restarts;
      await until('all stored', async () => (await lab.stored().catch(() => 0)) >= 100_000, 120_000);
      const { rows } = await lab.boot.postgres.query('select id from history_jobs');
      expect(rows).toHaveLength(100_000);
      expect(rows.filter((row) => !ids.has(String(row.id)))).toEqual([]);
      expect((await lab.inspector.queue('lab')).totals.completed).toBe(100_000);
      expect(storedAtRestart.filter((stored) => stored < 100_000)).toHaveLength(5);
    } finally {
      await lab.close();
      labs = [];
      await own.stop();
    }
  }, 240_000);

  it('lets another worker take over when the holder dies', async () => {
    const lab = await open();
    const [first, second] = [lab.archiver(), lab.archiver()];
    await first.start();
    await until('the first', () => first.status().isHolder);
    await second.start();
    await lab.worker();
    await lab.submit();
    await until('stored', async () => (await lab.stored()) === 1);
    await first.stop();
    await until('the second', () => second.status().isHolder);
    await lab.submit();
    await until('stored', async () => (await lab.stored()) === 2);
    expect(first.status().isHolder).toBe(false);
  });

  it('survives Redis being restarted between two batches', async () => {
    const own = await startRedis();
    const lab = await HistoryLab.open({ redisUrl: own.url, postgresUrl: await postgres.create('redis_restart') });
    try {
      await lab.archiver().start();
      await lab.worker();
      await lab.submit();
      await until('stored', async () => lab.boot.isMigrated() && (await lab.stored()) === 1);
      await own.kill();
      await own.restart();
      await until(
        'a submit',
        () =>
          lab.submitId().then(
            () => true,
            () => false,
          ),
        30_000,
      );
      await until('stored', async () => (await lab.stored()) >= 2, 30_000);
    } finally {
      await lab.close();
      await own.stop();
    }
  });

  it('deletes stored jobs when their time is over', async () => {
    const lab = await open();
    await lab.isMigrated();
    await lab.boot.postgres.query(
      `insert into history_jobs select 'lab', 'old-' || i, 1, 'work', 'completed', '{}', null, 1, now(), now() - interval '2 hours', now(), '{}', ''
       from generate_series(1, 2500) i`,
    );
    await lab.archiver(3_600_000).start();
    await lab.worker();
    const id = await lab.submitId();
    await until('the new one', () => lab.history.find(id, 'lab'));
    await until('the old ones to go', async () => (await lab.stored()) === 1, 30_000);
  });
});
