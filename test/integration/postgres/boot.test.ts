import { type BootOptions, bootPostgres, type PostgresBoot } from 'prodwork/postgres/boot';
import type { Schema } from 'prodwork/postgres/migrations';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { until } from '../../support/until.ts';

const schema: Schema = {
  part: 'sample',
  migrations: [
    { version: 1, name: 'things', sql: 'create table things (id int primary key); insert into things values (1)' },
    { version: 2, name: 'a name', sql: 'alter table things add column name text' },
  ],
};
const withThird = (sql: string): Schema => ({
  part: 'sample',
  migrations: [...schema.migrations, { version: 3, name: 'third', sql }],
});

describe.skipIf(postgresBin() === undefined)('booting on Postgres', () => {
  let server: PostgresServer;
  let boots: PostgresBoot[] = [];
  let databases = 0;
  const { log, lines } = recordingLog();
  const boot = (url: string, more: Partial<BootOptions> = {}): PostgresBoot => {
    const made = bootPostgres({ url, name: 'boot test', schema, log, backoff: { firstMs: 10, maxMs: 50 }, ...more });
    boots.push(made);
    return made;
  };
  const fresh = () => server.create(`boot_${databases++}`);
  const isReady = (one: PostgresBoot) => until('ready', async () => (await one.health()).isReady);
  const versions = async (one: PostgresBoot) =>
    (await one.postgres.query('select version from prodwork_migrations order by version')).rows.map(
      (row) => row.version,
    );

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    await Promise.all(boots.map((one) => one.stop()));
    boots = [];
  });
  afterAll(() => server.stop());

  it('starts before the server is there, says what it waits for, and becomes ready by itself', async () => {
    const late = await startPostgres({}, true);
    try {
      const one = boot(late.url());
      await one.start();
      await until('a line about the wait', () =>
        lines().some((line) => line.includes(`waiting for Postgres at 127.0.0.1:${late.port}/postgres`)),
      );
      expect(await one.health()).toMatchObject({ isReady: false });
      await late.start();
      await isReady(one);
      expect(await versions(one)).toEqual([1, 2]);
    } finally {
      await Promise.all(boots.map((one) => one.stop()));
      await late.stop();
    }
  });

  it('waits for a database that is not there yet, on a server that is', async () => {
    const one = boot(server.url('not_yet'));
    await one.start();
    await until('the reason', async () => (await one.health()).problem?.includes('not_yet'));
    await server.create('not_yet');
    await isReady(one);
  });

  it('lets three replicas start at once on an empty database: each migration runs once', async () => {
    const url = await fresh();
    const three = [boot(url), boot(url), boot(url)];
    await Promise.all(three.map((one) => one.start()));
    for (const one of three) await isReady(one);
    const [first] = three;
    expect(first && (await versions(first))).toEqual([1, 2]);
    expect((await first?.postgres.query('select * from things'))?.count).toBe(1);
  });

  it('leaves nothing of a failed migration behind and stays red until a release that mends it', async () => {
    const url = await fresh();
    const broken = boot(url, { schema: withThird('create table halfway (id int); insert into things values (1)') });
    await broken.start();
    await until('the failure', async () => (await broken.health()).problem?.includes('duplicate key'));
    expect(await versions(broken)).toEqual([1, 2]);
    expect((await broken.postgres.query("select to_regclass('halfway') as table")).rows[0]?.table).toBeNull();
    const mended = boot(url, { schema: withThird('create table halfway (id int)') });
    await mended.start();
    await isReady(mended);
    expect(await versions(mended)).toEqual([1, 2, 3]);
  });

  it('killed in the middle of a migration: after the restart it runs whole, once', async () => {
    const own = await startPostgres();
    try {
      const slow = withThird('create table halfway (id int); insert into halfway values (1); select pg_sleep(0.5)');
      const one = boot(own.url(), { schema: slow });
      await one.start();
      await until('the migration in its middle', async () => {
        const { count } = await own.admin.query(
          "select 1 from pg_stat_activity where query like 'create table halfway%' and state = 'active'",
        );
        return count === 1;
      });
      await own.kill();
      await own.start();
      await isReady(one);
      expect(await versions(one)).toEqual([1, 2, 3]);
      expect((await one.postgres.query('select * from halfway')).count).toBe(1);
    } finally {
      await Promise.all(boots.map((one) => one.stop()));
      await own.stop();
    }
  });

  it('a replica that dies in its migration lets the next one migrate', async () => {
    const url = await fresh();
    const dying = boot(url, { schema: withThird('create table halfway (id int); select pg_sleep(600)') });
    await dying.start();
    await until('the migration in its middle', async () => {
      const { count } = await server.admin.query(
        "select 1 from pg_stat_activity where query like 'create table halfway%'",
      );
      return count === 1;
    });
    const next = boot(url, { schema: withThird('create table halfway (id int)') });
    await next.start();
    await until('the wait for the lock', () => lines().some((line) => line.includes('another process')));
    await server.admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'create table halfway%pg_sleep%'",
    );
    await Promise.all([dying.stop(), isReady(next)]);
    expect(await versions(next)).toEqual([1, 2, 3]);
  });

  it('refuses a database that a newer release has migrated, and one whose migration was edited', async () => {
    const url = await fresh();
    const newer = boot(url, { schema: withThird('create table third (id int)') });
    await newer.start();
    await isReady(newer);
    const older = boot(url);
    await older.start();
    await until('the refusal', async () => (await older.health()).problem?.includes('knows 2'));
    const edited = boot(url, { schema: withThird('create table third (id bigint)') });
    await edited.start();
    await until('the refusal', async () => (await edited.health()).problem?.includes('not the one that ran'));
  });

  it('is red while the server refuses writes, and green again after', async () => {
    const url = await fresh();
    const name = new URL(url).pathname.slice(1);
    const before = boot(url);
    await before.start();
    await isReady(before);
    await before.stop();
    await server.admin.query(`alter database ${name} set default_transaction_read_only = on`);
    const one = boot(url);
    await one.start();
    await until('migrated', () => one.isMigrated());
    expect((await one.health()).problem).toMatch(/no writes/);
    await server.admin.query(`alter database ${name} set default_transaction_read_only = off`);
    await server.admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    await isReady(one);
  });

  it('stops while it waits, twice if asked', async () => {
    const one = boot('postgres://prodwork@127.0.0.1:1/none');
    await one.start();
    await Promise.all([one.stop(), one.stop()]);
    const never = boot('postgres://prodwork@127.0.0.1:1/none');
    await never.stop();
  });
});
