import type { HistoryFilter } from 'prodwork/engine/history';
import { isProdworkError } from 'prodwork/errors';
import { type PostgresHistory, postgresHistory } from 'prodwork/history/postgres-history';
import { historySchema } from 'prodwork/history/schema';
import type { Job } from 'prodwork/job/job';
import { bootPostgres, type PostgresBoot } from 'prodwork/postgres/boot';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { canMount, smallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

const START = 1_780_000_000_000;
let number = 0;
const finished = (more: Partial<Job> = {}): Job => ({
  id: `default.0.${String(number++).padStart(22, 'x')}`,
  type: 'invoice',
  queue: 'default',
  state: 'completed',
  payload: {},
  priority: 'normal',
  attempts: 1,
  maxAttempts: 3,
  generation: 1,
  createdAt: START,
  finishedAt: START + number,
  deliveries: [],
  ...more,
});

describe.skipIf(postgresBin() === undefined)('the history in Postgres', () => {
  let server: PostgresServer;
  let boot: PostgresBoot;
  let history: PostgresHistory;
  const { log } = recordingLog();
  const ids = async (filter: Partial<HistoryFilter>): Promise<readonly string[]> =>
    (await history.search({ queue: 'default', limit: 200, ...filter })).jobs.map((job) => job.id);
  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: unknown) => (isProdworkError(error) ? error.code : 'not ours'),
    );

  beforeAll(async () => {
    server = await startPostgres();
  });
  beforeEach(async () => {
    boot = bootPostgres({
      url: await server.create(`search_${number++}`),
      name: 'search',
      schema: historySchema,
      log,
      statementTimeoutMs: 30_000,
      backoff: { firstMs: 10, maxMs: 50 },
    });
    history = postgresHistory(boot);
    await boot.start();
    await until('ready', () => boot.isMigrated());
  });
  afterEach(() => boot.stop());
  afterAll(() => server.stop());

  it('stores each job once per generation, however often it is told', async () => {
    const job = finished();
    expect(await history.store([job, finished()])).toBe(2);
    expect(await history.store([job, { ...job, state: 'dead' }, { ...job, generation: 2 }])).toBe(1);
    expect(await history.find(job.id, 'default')).toEqual({ ...job, generation: 2 });
  });

  it('keeps both jobs when a chosen id is used again after its time', async () => {
    const first = finished({ id: 'daily-report' });
    const second = { ...first, createdAt: first.createdAt + 86_400_000, finishedAt: START + 86_500_000 };
    expect(await history.store([first])).toBe(1);
    expect(await history.store([second, first])).toBe(1);
    expect(await history.find('daily-report', 'default')).toEqual(second);
    expect(await ids({ id: 'daily-report' })).toHaveLength(2);
  });

  it('gives back exactly what was stored, also what jsonb would refuse or change', async () => {
    const job = finished({
      payload: {
        nul: 'a\u0000b',
        half: '\ud800',
        big: 1e300,
        text: '<b>\u202e\n"\'\\',
        list: [[], {}, null],
      },
      error: { code: 'HANDLER_FAILED', message: 'with \u0000 inside' },
      tags: ['red'],
    });
    await history.store([job]);
    expect(await history.find(job.id, 'default')).toEqual(job);
    expect(await ids({ q: 'inside' })).toEqual([job.id]);
  });

  it('finds by id, type, state, time, tag and words, alone and together', async () => {
    const late = finished({ type: 'report', finishedAt: START + 100_000 });
    const dead = finished({ state: 'dead', error: { code: 'HANDLER_FAILED', message: 'Connection refused by smtp' } });
    const tagged = finished({
      tags: ['vip', 'eu'],
      payload: { customer: { name: 'Élodie Müller' }, items: ['green lamp', 7731] },
    });
    await history.store([late, dead, tagged]);
    expect(await ids({ id: dead.id })).toEqual([dead.id]);
    expect(await ids({ type: 'report' })).toEqual([late.id]);
    expect(await ids({ state: 'dead' })).toEqual([dead.id]);
    expect(await ids({ from: START + 50_000 })).toEqual([late.id]);
    expect(await ids({ to: START + 50_000 })).not.toContain(late.id);
    expect(await ids({ tag: 'vip' })).toEqual([tagged.id]);
    expect(await ids({ q: 'müller LAMP' })).toEqual([tagged.id]);
    expect(await ids({ q: '7731' })).toEqual([tagged.id]);
    expect(await ids({ q: '"green lamp" or smtp' })).toHaveLength(2);
    expect(await ids({ q: 'lamp -green' })).toEqual([]);
    expect(await ids({ q: 'lamp', state: 'dead' })).toEqual([]);
    expect(await ids({ queue: 'other' })).toEqual([]);
  });

  it('looks into markup, as into any other text', async () => {
    const page = finished({ payload: '<a href="https://shop.example/lamp">Lamp</a> <img src=x onerror=alert(1)>' });
    await history.store([page, finished()]);
    for (const q of ['onerror', '<img src=x', 'href', '"img src"']) expect(await ids({ q }), q).toEqual([page.id]);
  });

  it('pages in order without missing or repeating one, while jobs keep arriving', async () => {
    const all = Array.from({ length: 45 }, () => finished({ finishedAt: START + 5 }));
    await history.store(all);
    const seen: string[] = [];
    for (let cursor: string | undefined, page = 0; page === 0 || cursor; page++) {
      const answer = await history.search({ queue: 'default', limit: 10, ...(cursor && { cursor }) });
      seen.push(...answer.jobs.map((job) => job.id));
      cursor = answer.cursor;
      await history.store([finished({ finishedAt: START + 1_000_000 })]);
    }
    expect(seen).toHaveLength(45);
    expect(new Set(seen).size).toBe(45);
  });

  it.each([
    "'; drop table history_jobs; --",
    '((((',
    '"unclosed',
    '& | ! <->',
    '\u0000',
    '%_\\',
    '\ud800',
    'x'.repeat(10_000),
  ])('takes %j as words, whatever it is', async (q) => {
    await history.store([finished()]);
    await ids({ q });
    expect(await ids({ tag: q, id: q })).toEqual([]);
    expect(await ids({})).toHaveLength(1);
  });

  it('refuses a cursor that it never gave', async () => {
    for (const cursor of ['', 'zzz', 'WzEsMiwzXQ', Buffer.from('["x","y",1]').toString('base64url')]) {
      expect(await codeOf(history.search({ queue: 'default', limit: 1, cursor }))).toBe('INVALID_FIELD');
    }
  });

  it('frozen: says that the database cannot be reached, and works again by itself', async () => {
    const job = finished();
    await history.store([job]);
    const url = `postgres://prodwork@${boot.postgres.where}`;
    const hasty = bootPostgres({ url, name: 'hasty', schema: historySchema, log, statementTimeoutMs: 500 });
    await hasty.start();
    await until('ready', () => hasty.isMigrated());
    const reader = postgresHistory(hasty);
    server.pause();
    expect(await codeOf(reader.find(job.id, 'default'))).toBe('DATABASE_UNAVAILABLE');
    server.resume();
    await until('an answer', () => reader.find(job.id, 'default').catch(() => undefined));
    await hasty.stop();
  });

  it('read-only: refuses to store, still finds', async () => {
    const job = finished();
    await history.store([job]);
    const readOnly = bootPostgres({
      url: `postgres://prodwork@${boot.postgres.where}?options=-c%20default_transaction_read_only%3Don`,
      name: 'ro',
      schema: historySchema,
      log,
    });
    await readOnly.start();
    await until('ready', () => readOnly.isMigrated());
    const reader = postgresHistory(readOnly);
    expect(await reader.find(job.id, 'default')).toEqual(job);
    await expect(reader.store([finished()])).rejects.toThrow(/read-only/);
    await readOnly.stop();
  });

  it.skipIf(!canMount())('disk full: stores nothing half, and goes on when there is room', async () => {
    const disk = await smallDisk(8, 'postgres');
    await server.admin.query(`create tablespace tight location '${disk.path}'`);
    await boot.postgres.query('alter table history_jobs set tablespace tight');
    const noise = () => Array.from({ length: 400 }, () => Math.random().toString(36).slice(2)).join(' ');
    let stored = 0;
    const failure = await until(
      'full',
      async () => {
        const batch = Array.from({ length: 50 }, () => finished({ payload: noise() }));
        return history.store(batch).then(
          (count) => {
            stored += count;
            return undefined;
          },
          (error: Error) => error,
        );
      },
      30_000,
    );
    expect(failure.message).toMatch(/No space left/);
    expect((await boot.postgres.query('select count(*) as jobs from history_jobs')).rows[0]?.jobs).toBe(stored);
    await disk.grow(64);
    expect(await history.store([finished()])).toBe(1);
    await boot.postgres.query('alter table history_jobs set tablespace pg_default');
    await server.admin.query('drop tablespace tight');
    await disk.remove();
  });
});
