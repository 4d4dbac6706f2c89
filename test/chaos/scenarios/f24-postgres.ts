import { setTimeout as wait } from 'node:timers/promises';
import { noteboardSchema } from '@prodwork/noteboard/notes/schema';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import type { Scenario, Stage } from '../stage.ts';
import { probe } from '../world/world.ts';

const LATE_MS = 60_000;
/** Kept for what comes after the wait. */
const AFTER_MS = 60_000;
const LATE = ['board-1', 'board-2', 'board-3'];
const CUT = ['board-4', 'board-5', 'board-6'];

let server: PostgresServer | undefined;

/** The noteboard's replicas, as real processes on a real Postgres. */
export const postgresTroubles: Scenario = {
  id: 'F24',
  title: 'Postgres 60 s late; killed in the middle of a migration; three replicas boot at once',
  skip: () => (postgresBin() === undefined ? 'needs a Postgres server on this machine' : undefined),
  world: { workers: 1, ratePerSecond: 5 },
  async run(stage) {
    server = await startPostgres({}, true);
    await late(stage, server);
    await cutMigration(stage, server);
  },
  tidy: async () => server?.stop(),
};

async function late(stage: Stage, postgres: PostgresServer): Promise<void> {
  const { world } = stage;
  const lateMs = Math.max(5_000, Math.min(LATE_MS, stage.budgetMs - AFTER_MS));
  const fault = stage.fault('F24', `three replicas boot at once, Postgres comes ${lateMs / 1_000} s later`);
  for (const name of LATE) await world.addBoard(name, postgres.url('board'));
  const portsOf = (path: string) => Promise.all(LATE.map((name) => probe(world.boards.get(name)?.port ?? 0, path)));
  await stage.timeUntil(fault.at, 30_000, async () => (await portsOf('/healthz')).every((status) => status === 200));
  await wait(Math.max(0, fault.at + lateMs - Date.now()));
  const [alive, ready] = [await portsOf('/healthz'), await portsOf('/readyz')];
  stage.check(
    'alive while they wait',
    alive.every((status) => status === 200),
    alive.join(', '),
    '200, 200, 200',
  );
  stage.check(
    'ready while they wait',
    ready.every((status) => status === 503),
    ready.join(', '),
    '503, 503, 503',
  );
  await postgres.start();
  // The server is there, its database is not: that is waited for as well.
  await postgres.create('board');
  const answersAt = Date.now();
  fault.until = answersAt;
  stage.atMost(
    'Postgres answers a query, to all three ready',
    await allReady(stage, LATE, answersAt),
    5_000,
    answersAt,
  );
  await oneMigration(stage, postgres, 'board', 'three at once');
  const lives = LATE.map((name) => world.boards.get(name)?.process.lives ?? 0);
  stage.check(
    'starts of the replicas',
    lives.every((count) => count === 1),
    lives.join(', '),
    '1, 1, 1',
  );
}

async function cutMigration(stage: Stage, postgres: PostgresServer): Promise<void> {
  const { world } = stage;
  await postgres.create('cut');
  // A table of the same name that is not committed yet: the real migration stands still in its middle.
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const admin = postgres.pool('cut');
  const holding = admin.transaction(async (session) => {
    await session.query('create table notes (id int)');
    await held;
  });
  const cutOff = holding.catch(() => 'cut off');
  for (const name of CUT) await world.addBoard(name, postgres.url('cut'));
  const stands = await stage.timeUntil(Date.now(), 30_000, async () => {
    const blocked = await postgres.admin.query(
      "select 1 from pg_stat_activity where datname = 'cut' and wait_event_type = 'Lock' and query ~ 'create table notes'",
    );
    return blocked.count === 1;
  });
  stage.check('a migration in its middle', stands !== undefined, stands !== undefined, 'true');
  const fault = stage.fault('F24', 'kill -9 of Postgres in the middle of a migration');
  await postgres.kill();
  release();
  await cutOff;
  await admin.close();
  await wait(1_000);
  await postgres.start();
  const answersAt = Date.now();
  fault.until = answersAt;
  const readyMs = await allReady(stage, CUT, answersAt);
  if (readyMs !== undefined) fault.recoveredMs = answersAt + readyMs - fault.at;
  stage.atMost('Postgres answers again, to all three ready', readyMs, 5_000, answersAt);
  await oneMigration(stage, postgres, 'cut', 'killed in its middle');
}

const allReady = (stage: Stage, names: readonly string[], from: number): Promise<number | undefined> =>
  stage.timeUntil(from, 60_000, async () =>
    (await Promise.all(names.map((name) => stage.world.isReady(name)))).every(Boolean),
  );

/** Each version is in the database once, and the schema is whole. */
async function oneMigration(stage: Stage, postgres: PostgresServer, database: string, how: string): Promise<void> {
  const pool = postgres.pool(database);
  const { rows } = await pool.query('select version from prodwork_migrations order by version');
  const columns = await pool.query("select 1 from information_schema.columns where table_name = 'notes'");
  await pool.close();
  const versions = rows.map(({ version }) => version).join(', ');
  const wanted = noteboardSchema.migrations.map(({ version }) => version).join(', ');
  stage.check(`migrations recorded (${how})`, versions === wanted, versions, wanted);
  stage.check(`columns of the notes (${how})`, columns.count === 5, columns.count, '5');
}
