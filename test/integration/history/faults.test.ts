import type { Archiver } from 'prodwork/history/archiver';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HistoryLab, type HistoryLabOptions } from '../../support/history-lab.ts';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { canMount, smallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

const BATCH = 200;

describe.skipIf(postgresBin() === undefined)('the archiver when Postgres has troubles', () => {
  let redis: RedisServer;
  let postgres: PostgresServer;
  let lab: HistoryLab;
  let archiver: Archiver;
  let submitted: string[] = [];
  const undo: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
    submitted = [];
  });

  /** A stack that has stored its first jobs. Redis keeps one finished job at most once it is stored. */
  const stack = async (more: Partial<HistoryLabOptions> = {}): Promise<void> => {
    postgres = await startPostgres();
    undo.push(() => postgres.stop());
    lab = await HistoryLab.open({ redisUrl: redis.url, postgresUrl: postgres.url(), keepCount: 1, ...more });
    undo.push(() => lab.close());
    archiver = lab.archiver();
    await archiver.start();
    await lab.worker();
    await finish();
    await until('the first jobs', async () => lab.boot.isMigrated() && (await lab.stored()) === BATCH);
  };
  /** So many more jobs run to their end, whatever the history does. */
  const finish = async (payload = 'x'): Promise<void> => {
    const before = submitted.length;
    const payloadJson = JSON.stringify(payload);
    submitted.push(...(await Promise.all(Array.from({ length: BATCH }, () => lab.submitId({ payloadJson })))));
    await until('all finished', async () => (await lab.inspector.queue(lab.queue)).totals.completed === before + BATCH);
  };
  const heldUp = () => until('the trouble to show', () => archiver.status().problem);
  const allIn = async (): Promise<void> => {
    await until('all stored', async () => (await lab.stored().catch(() => 0)) >= submitted.length);
    const { rows } = await lab.boot.postgres.query('select id from history_jobs order by id');
    expect(rows.map((row) => row.id)).toEqual([...submitted].sort());
    await until('Redis to let go', async () => (await lab.inspector.queue(lab.queue)).counts.completed <= 1);
  };
  /** Waits until the archiver's insert stands in its transaction, held by `lock`, and cuts its connection there. */
  const cutInside = async (lock: string): Promise<void> => {
    await postgres.admin.transaction(async (session) => {
      await session.query(lock);
      const finishing = finish();
      await until('the insert to wait', async () => {
        // Asked outside: inside a transaction this view stays as it was at its first look.
        const { count } = await postgres.admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where application_name = 'history lab' and wait_event_type = 'Lock' and query like '%insert into history_jobs%'`,
        );
        return count > 0;
      });
      await finishing;
    });
  };

  it('restarted under load: everything arrives, once', async () => {
    await stack();
    for (let restart = 0; restart < 3; restart++) {
      const finishing = finish();
      await postgres.kill();
      await finishing;
      await heldUp();
      await postgres.start();
      await until('the archiver at work again', () => archiver.status().problem === undefined);
    }
    await allIn();
  });

  it('paused: jobs run on and are kept in Redis; when it goes on they arrive, once', async () => {
    await stack({ statementTimeoutMs: 500 });
    postgres.pause();
    await finish();
    await heldUp();
    expect((await lab.inspector.queue(lab.queue)).counts.completed).toBeGreaterThanOrEqual(BATCH);
    postgres.resume();
    await allIn();
  });

  it('connections cut inside the transaction that stores: nothing of it stays, and it is done again', async () => {
    await stack({ statementTimeoutMs: 30_000 });
    for (let round = 0; round < 3; round++) await cutInside('lock table history_jobs in exclusive mode');
    await allIn();
  });

  it('read-only: jobs are kept in Redis, readiness says so, and they arrive when writes are allowed again', async () => {
    await stack();
    const readOnly = async (value: 'on' | 'off') => {
      await postgres.admin.query(`alter system set default_transaction_read_only = '${value}'`);
      await postgres.admin.query('select pg_reload_conf()');
    };
    await readOnly('on');
    await until('red', async () => !(await lab.boot.health()).isReady);
    await finish();
    expect(await heldUp()).toContain('read-only');
    expect(await lab.stored()).toBe(BATCH);
    await postgres.admin.query('set default_transaction_read_only = off');
    await readOnly('off');
    await allIn();
  });

  it.skipIf(!canMount())('disk full: jobs are kept in Redis, and they arrive when there is room again', async () => {
    await stack();
    const disk = await smallDisk(4, 'postgres');
    undo.push(() => disk.remove());
    // The server must have gone before its disk does.
    undo.push(() => postgres.kill());
    await postgres.admin.query(`create tablespace tight location '${disk.path}'`);
    await postgres.admin.query('alter table history_jobs set tablespace tight');
    // Compressed text would take no room: this is none.
    const noise = () => Array.from({ length: 300 }, () => Math.random().toString(36).slice(2)).join(' ');
    await until('full', async () => {
      await finish(noise());
      return archiver.status().problem?.includes('No space left');
    });
    const kept = (await lab.inspector.queue(lab.queue)).counts.completed;
    expect(kept + (await lab.stored())).toBeGreaterThanOrEqual(submitted.length);
    await disk.grow(256);
    await allIn();
  });
});
