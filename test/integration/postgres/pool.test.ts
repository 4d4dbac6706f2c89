import { once } from 'node:events';
import { createServer } from 'node:net';
import { NoAnswerError, postgresFault } from 'prodwork/postgres/faults';
import { openPostgres, type Postgres } from 'prodwork/postgres/pool';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { until } from '../../support/until.ts';

describe.skipIf(postgresBin() === undefined)('the Postgres pool', () => {
  let server: PostgresServer;
  let pool: Postgres;
  const open = (statementTimeoutMs = 30_000, connectTimeoutMs = 30_000): Postgres =>
    openPostgres({ url: server.url(), name: 'pool test', max: 1, statementTimeoutMs, connectTimeoutMs });
  const faultOf = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: unknown) => postgresFault(error),
    );

  beforeAll(async () => {
    server = await startPostgres();
    await server.admin.query('create table t (id int primary key)');
  });
  beforeEach(async () => {
    await server.admin.query('truncate t');
    pool = open();
  });
  afterEach(() => pool.close());
  afterAll(() => server.stop());

  it('keeps the connection after a mistake in a statement, and drops it when the server ended it', async () => {
    const pid = async () => (await pool.query('select pg_backend_pid() as pid')).rows[0]?.pid;
    const first = await pid();
    expect(await faultOf(pool.query('select * from no_such_table'))).toBe('other');
    expect(await pid()).toBe(first);
    expect(await faultOf(pool.query('select pg_terminate_backend(pg_backend_pid())'))).toBe('unavailable');
    expect(await pid()).not.toBe(first);
  });

  it('never hands on a connection inside a transaction that somebody left open', async () => {
    await pool.query('begin');
    await pool.query('insert into t values (1)');
    expect((await server.admin.query('select * from t')).count).toBe(1);
  });

  it('rolls a transaction back when its work throws, and says so when it had failed in silence', async () => {
    await expect(
      pool.transaction(async (session) => {
        await session.query('insert into t values (2)');
        throw new Error('mine');
      }),
    ).rejects.toThrow('mine');
    await expect(
      pool.transaction(async (session) => {
        await session.query('insert into t values (3)');
        await session.query('select 1/0').catch(() => {});
      }),
    ).rejects.toThrow('rolled back');
    expect((await pool.query('select * from t')).count).toBe(0);
  });

  it('connections cut inside a transaction: nothing of it stays, and the next one works', async () => {
    const cut = pool.transaction(async (session) => {
      await session.query('insert into t values (4)');
      await server.admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pool test'",
      );
      await session.query('insert into t values (5)');
    });
    expect(await faultOf(cut)).toBe('unavailable');
    await pool.transaction((session) => session.query('insert into t values (6)'));
    expect((await pool.query('select id from t')).rows).toEqual([{ id: 6 }]);
  });

  it('has the server cancel a statement that runs too long', async () => {
    const hasty = open(500, 2_000);
    expect(await faultOf(hasty.query('select pg_sleep(60)'))).toBe('timeout');
    expect((await hasty.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await hasty.close();
  });

  it('stops waiting for a server that froze, and works again when it has thawed', async () => {
    const hasty = open(500, 2_000);
    await hasty.query('select 1');
    server.pause();
    const failure = await hasty.query('select 1').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NoAnswerError);
    server.resume();
    await until('an answer', () => faultOf(hasty.query('select 1')).then((fault) => fault === 'none'));
    await hasty.close();
  });

  it('closes although the server is frozen', async () => {
    const hasty = open(500, 2_000);
    await hasty.query('select 1');
    server.pause();
    const asked = faultOf(hasty.query('select 1'));
    await hasty.close();
    expect(await asked).toBe('unavailable');
    server.resume();
  });

  it('sends values apart from the text, whatever they hold', async () => {
    const hostile = `'; drop table t; -- \\ $1 %s \u202e <script>`;
    const { rows } = await pool.query('select $1::text as back', [hostile]);
    expect(rows[0]?.back).toBe(hostile);
    expect((await pool.query('select * from t')).count).toBe(0);
  });

  it('survives a server that says farewell in the breath in which it said welcome', async () => {
    const message = (type: string, body: string) => {
      const head = Buffer.alloc(5);
      head.write(type);
      head.writeInt32BE(4 + body.length, 1);
      return Buffer.concat([head, Buffer.from(body, 'latin1')]);
    };
    const farewell = message('E', 'SFATAL\0C57P01\0Mterminating connection\0\0');
    const welcome = [message('R', '\0\0\0\0'), message('Z', 'I'), farewell];
    const leaving = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(Buffer.concat(welcome)));
    }).listen(0, '127.0.0.1');
    await once(leaving, 'listening');
    const address = leaving.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const met = openPostgres({ url: `postgres://me@127.0.0.1:${port}/x`, name: 'pool test' });
    expect(await faultOf(met.query('select 1'))).toBe('unavailable');
    await met.close();
    leaving.close();
  });

  it('names places in log lines without credentials', () => {
    const secret = openPostgres({ url: 'postgres://me:pass@db:5433/notes', name: 'x' });
    expect(secret.where).toBe('db:5433/notes');
    return secret.close();
  });
});
