import { createHash } from 'node:crypto';
import { ProdworkError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Postgres, Session } from './pool.ts';

/** One numbered step of a schema. Once released it is never edited: the next number mends it. */
export interface Migration {
  /** 1, 2, 3 ... without gaps. */
  readonly version: number;
  readonly name: string;
  /** One or more statements. Runs inside a transaction: no BEGIN, COMMIT or CREATE INDEX CONCURRENTLY. */
  readonly sql: string;
}

/** The migrations of one part. Several parts may share a database: their versions are kept apart. */
export interface Schema {
  readonly part: string;
  readonly migrations: readonly Migration[];
}

export interface MigrateOptions {
  readonly log: Log;
  /** Longest wait for another process's migration, ms. Default 60,000. */
  readonly lockWithinMs?: number;
}

/** Any fixed number: the same for every part, since the table of versions is shared. ASCII of "prodwork". */
const LOCK = '8102099370188894827';

const TABLE_LOCK_MS = 10_000;

const TABLE = `create table if not exists prodwork_migrations (
  part text not null,
  version integer not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  primary key (part, version)
)`;

/**
 * Brings the schema up to date: one migration, one transaction, under one advisory lock that ends with it. The row that
 * says "done" is written in the same transaction, so there is never a schema without its row or a row without its schema.
 * @param postgres a pool of its own, with time limits fit for the longest migration.
 * @returns the versions applied by this call.
 * @throws ProdworkError `PRODWORK_SCHEMA_NEWER`, `PRODWORK_MIGRATION_CHANGED`; else what Postgres answered.
 */
export async function migrate(postgres: Postgres, schema: Schema, options: MigrateOptions): Promise<readonly number[]> {
  const applied: number[] = [];
  for (;;) {
    const version = await postgres.transaction((session) => applyNext(session, schema, options));
    if (version === undefined) return applied;
    applied.push(version);
    const { name } = schema.migrations[version - 1] ?? {};
    options.log.info({ part: schema.part, version, migration: name }, 'migration applied');
  }
}

async function applyNext(session: Session, schema: Schema, options: MigrateOptions): Promise<number | undefined> {
  if (await isUpToDate(session, schema)) return undefined;
  await takeLock(session, options);
  await session.query(TABLE);
  const done = await session.query(
    'select version, checksum from prodwork_migrations where part = $1 order by version',
    [schema.part],
  );
  const next = nextOf(schema, done.rows);
  if (next === undefined) return undefined;
  // A migration that cannot get its table soon gives up: whoever queues behind its lock would wait just as long.
  await session.query(`set local lock_timeout = ${TABLE_LOCK_MS}`);
  await session.query(next.sql);
  await session.query('insert into prodwork_migrations (part, version, name, checksum) values ($1, $2, $3, $4)', [
    schema.part,
    next.version,
    next.name,
    checksumOf(next),
  ]);
  return next.version;
}

/** A look without the lock and without a write, so that a start on a read-only server with the right schema succeeds. */
async function isUpToDate(session: Session, schema: Schema): Promise<boolean> {
  const table = await session.query("select to_regclass('prodwork_migrations') is not null as exists");
  if (table.rows[0]?.exists !== true) return false;
  const done = await session.query(
    'select version, checksum from prodwork_migrations where part = $1 order by version',
    [schema.part],
  );
  return nextOf(schema, done.rows) === undefined;
}

async function takeLock(session: Session, options: MigrateOptions): Promise<void> {
  const lockWithinMs = options.lockWithinMs ?? 60_000;
  const tried = await session.query(`select pg_try_advisory_xact_lock(${LOCK}) as taken`);
  if (tried.rows[0]?.taken === true) return;
  options.log.info('waiting for another process to finish its migrations');
  await session.query(`set local lock_timeout = ${lockWithinMs}`);
  await session.query(`select pg_advisory_xact_lock(${LOCK})`);
}

function nextOf(schema: Schema, done: readonly { readonly [column: string]: unknown }[]): Migration | undefined {
  for (const [index, row] of done.entries()) {
    const known = schema.migrations[index];
    if (known === undefined || row.version !== known.version) {
      throw new ProdworkError(
        'PRODWORK_SCHEMA_NEWER',
        `the database has version ${String(row.version)} of ${schema.part}; this program knows ${schema.migrations.length}`,
      );
    }
    if (row.checksum !== checksumOf(known)) {
      throw new ProdworkError(
        'PRODWORK_MIGRATION_CHANGED',
        `migration ${known.version} (${known.name}) of ${schema.part} is not the one that ran on this database`,
      );
    }
  }
  return schema.migrations[done.length];
}

/** Of the words, not of their layout: re-indenting a statement does not make it another one. */
function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.sql.replace(/\s+/g, ' ').trim()).digest('hex').slice(0, 32);
}
