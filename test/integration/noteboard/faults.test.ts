import { buildApp } from '@prodwork/noteboard/app';
import { noteboardSchema } from '@prodwork/noteboard/notes/schema';
import { createLog } from 'prodwork/log';
import { bootPostgres, type PostgresBoot } from 'prodwork/postgres/boot';
import { afterEach, describe, expect, it } from 'vitest';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { canMount, smallDisk } from '../../support/small-disk.ts';
import { until } from '../../support/until.ts';

type App = Awaited<ReturnType<typeof buildApp>>;
const log = createLog({ name: 'test', level: 'silent', format: 'json' });

describe.skipIf(postgresBin() === undefined)('the noteboard when Postgres has troubles', () => {
  const undo: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  const server = async (isLate = false): Promise<PostgresServer> => {
    const made = await startPostgres({}, isLate);
    undo.push(() => made.stop());
    return made;
  };
  const replica = async (url: string, statementTimeoutMs = 30_000): Promise<{ app: App; boot: PostgresBoot }> => {
    const boot = bootPostgres({
      url,
      name: 'noteboard',
      schema: noteboardSchema,
      log,
      statementTimeoutMs,
      backoff: { firstMs: 10, maxMs: 100 },
    });
    const app = await buildApp({ boot, log });
    undo.push(async () => {
      await app.close();
      await boot.stop();
    });
    await boot.start();
    return { app, boot };
  };
  const status = async (app: App, url: string) => (await app.inject(url)).statusCode;
  const isReady = (app: App) => until('ready', async () => (await status(app, '/readyz')) === 200);
  const post = (app: App, message: string, key = message.replaceAll(' ', '-')) =>
    app.inject({
      method: 'POST',
      url: '/api/notes',
      headers: { 'idempotency-key': key },
      payload: { name: 'Ada', message },
    });
  const messages = async (postgres: PostgresServer) =>
    (await postgres.admin.query('select message from notes')).rows.map((row) => String(row.message)).sort();

  it('lives while Postgres is late, answers 503 meanwhile, and becomes ready by itself', async () => {
    const late = await server(true);
    const { app } = await replica(late.url());
    expect(await status(app, '/healthz')).toBe(200);
    expect(await status(app, '/readyz')).toBe(503);
    const early = await post(app, 'too early');
    expect(early.statusCode).toBe(503);
    expect(early.headers['retry-after']).toBeDefined();
    expect(early.json()).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    const page = await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'name=Ada&message=kept+words',
    });
    expect(page.statusCode).toBe(503);
    expect(page.body).toContain('kept words');
    await late.start();
    await isReady(app);
    expect((await post(app, 'now')).statusCode).toBe(201);
  });

  it('three replicas start at once on an empty database, and all take notes', async () => {
    const postgres = await server();
    const three = await Promise.all([1, 2, 3].map(() => replica(postgres.url())));
    for (const { app } of three) await isReady(app);
    for (const [index, { app }] of three.entries()) expect((await post(app, `from ${index}`)).statusCode).toBe(201);
    expect(await messages(postgres)).toEqual(['from 0', 'from 1', 'from 2']);
    expect((await postgres.admin.query('select * from prodwork_migrations')).count).toBe(
      noteboardSchema.migrations.length,
    );
  });

  it('restarted under load: every note that was accepted is there, once; a refused one can be sent again', async () => {
    const postgres = await server();
    const { app } = await replica(postgres.url());
    await isReady(app);
    const accepted = new Set<string>();
    let isOver = false;
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let note = 0; !isOver; note++) {
        const message = `${writer}-${note}`;
        // The same key until it is taken, as a client should.
        await until(
          'accepted',
          async () => {
            const answer = await post(app, message);
            if (answer.statusCode !== 503) expect([200, 201]).toContain(answer.statusCode);
            return answer.statusCode !== 503;
          },
          30_000,
        );
        accepted.add(message);
      }
    });
    for (let restart = 0; restart < 3; restart++) {
      const before = accepted.size;
      await until('progress', () => accepted.size > before + 20);
      await postgres.kill();
      await postgres.start();
    }
    isOver = true;
    await Promise.all(writers);
    expect(await messages(postgres)).toEqual([...accepted].sort());
    await isReady(app);
  });

  it('connections cut by the server: the note is stored once and the caller sees nothing', async () => {
    const postgres = await server();
    const { app } = await replica(postgres.url());
    await isReady(app);
    for (let round = 0; round < 5; round++) {
      await postgres.admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'noteboard'",
      );
      expect((await post(app, `cut ${round}`)).statusCode).toBe(201);
    }
    expect(await messages(postgres)).toHaveLength(5);
  });

  it('connections cut inside the transaction that stores a note: it is stored once, and the caller sees nothing', async () => {
    const postgres = await server();
    const { app } = await replica(postgres.url());
    await isReady(app);
    const posting = await postgres.admin.transaction(async (session) => {
      await session.query('lock table notes in exclusive mode');
      const answer = post(app, 'cut inside');
      await until('the insert to wait, and its end', async () => {
        const { count } = await postgres.admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
            where application_name = 'noteboard' and wait_event_type = 'Lock' and query like 'insert into notes%'`,
        );
        return count > 0;
      });
      return { answer };
    });
    expect((await posting.answer).statusCode).toBe(201);
    expect(await messages(postgres)).toEqual(['cut inside']);
  });

  it('frozen: answers 503 instead of hanging, is not ready, and recovers', async () => {
    const postgres = await server();
    const { app } = await replica(postgres.url(), 500);
    await isReady(app);
    postgres.pause();
    undo.push(async () => postgres.resume());
    expect((await post(app, 'frozen')).statusCode).toBe(503);
    await until('red', async () => (await status(app, '/readyz')) === 503);
    expect(await status(app, '/healthz')).toBe(200);
    postgres.resume();
    await isReady(app);
    expect([200, 201]).toContain((await post(app, 'frozen')).statusCode);
    expect(await messages(postgres)).toEqual(['frozen']);
  });

  it('read-only: still shows the notes, refuses new ones by name, and is not ready', async () => {
    const postgres = await server();
    const { app } = await replica(postgres.url());
    await isReady(app);
    await post(app, 'before');
    await postgres.admin.query("alter system set default_transaction_read_only = 'on'");
    await postgres.admin.query('select pg_reload_conf()');
    const refused = await until('a refusal', async () => {
      const answer = await post(app, 'meanwhile');
      return answer.statusCode === 503 ? answer : undefined;
    });
    expect(refused.json()).toMatchObject({ code: 'DATABASE_READ_ONLY' });
    expect((await app.inject('/notes')).json().notes.map((note: { message: string }) => note.message)).toContain(
      'before',
    );
    await until('red', async () => (await status(app, '/readyz')) === 503);
  });

  it.skipIf(!canMount())(
    'disk full: refuses by name, loses nothing that it took, and goes on when there is room',
    async () => {
      const postgres = await server();
      const disk = await smallDisk(8, 'postgres');
      undo.push(() => disk.remove());
      await postgres.admin.query(`create tablespace small location '${disk.path}'`);
      await postgres.admin.query("alter database postgres set default_tablespace = 'small'");
      const { app } = await replica(postgres.url());
      await isReady(app);
      const filler = 'insert into filler select md5(i::text) || md5((i * 7)::text) from generate_series(1, 5000) i';
      await postgres.admin.query('create table filler (words text) tablespace small');
      await until('hardly any room', () =>
        postgres.admin.query(filler).then(
          () => false,
          () => true,
        ),
      );
      const accepted: string[] = [];
      const long = Array.from({ length: 1_900 }, (_, i) => String.fromCharCode(0x4e00 + ((i * 7919) % 20_000))).join(
        '',
      );
      const refused = await until(
        'full',
        async () => {
          const message = `${accepted.length} ${long}`;
          const answer = await post(app, message, `note-${accepted.length}`);
          if (answer.statusCode === 201) accepted.push(message);
          return answer.statusCode === 201 ? undefined : answer;
        },
        50_000,
      );
      expect(refused.json()).toMatchObject({ code: 'DATABASE_FULL', status: 503 });
      expect((await messages(postgres)).length).toBe(accepted.length);
      await disk.grow(64);
      expect((await post(app, 'room again')).statusCode).toBe(201);
    },
  );
});
