import { ProdworkError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Service } from '../service.ts';
import { faultLine, postgresFault } from './faults.ts';
import { migrate, type Schema } from './migrations.ts';
import { pause } from './pause.ts';
import { openPostgres, type Postgres } from './pool.ts';

/**
 * The one way to boot on Postgres. `start` returns at once; in the background it waits until a real query passes, brings
 * the schema up to date, and only then is `isReady` true. Whatever fails is tried again with capped backoff, for as long
 * as the process lives: no marker file, no exit, no half-ready state.
 */
export interface PostgresBoot extends Service {
  readonly postgres: Postgres;
  /** A fresh look (kept for a second): a real query, and that writes are accepted. Never rejects. */
  health(): Promise<{ readonly isReady: boolean; readonly problem?: string }>;
  /** True once the schema was brought up to date. */
  isMigrated(): boolean;
}

export interface BootOptions {
  readonly url: string;
  /** Of the application, for logs and `pg_stat_activity`. */
  readonly name: string;
  readonly schema: Schema;
  readonly log: Log;
  readonly max?: number;
  readonly statementTimeoutMs?: number;
  /** Longest run of one migration, ms. Default 600,000. */
  readonly migrateWithinMs?: number;
  /** First and longest wait between two looks, ms. Default 100 and 2,000. */
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

const OLDEST = 140_000;
const HEALTH_KEPT_MS = 1_000;
const HEALTH_WITHIN_MS = 2_000;
/** The same wait is said again this often, so that a log read from its end still tells why nothing happens. */
const REMIND_MS = 10_000;

export function bootPostgres(options: BootOptions): PostgresBoot {
  return new Boot(options);
}

class Boot implements PostgresBoot {
  readonly postgres: Postgres;
  readonly #options: BootOptions;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #problem: string | undefined = 'not started';
  #looked: { at: number; answer: Promise<{ isReady: boolean; problem?: string }> } | undefined;

  constructor(options: BootOptions) {
    this.#options = options;
    this.postgres = openPostgres(options);
  }

  start(): Promise<void> {
    this.#problem = 'not reached yet';
    this.#loop ??= this.#untilMigrated();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await this.postgres.close();
  }

  isMigrated(): boolean {
    return this.#problem === undefined;
  }

  health(): Promise<{ readonly isReady: boolean; readonly problem?: string }> {
    if (this.#problem !== undefined) return Promise.resolve({ isReady: false, problem: this.#problem });
    const now = Date.now();
    if (this.#looked === undefined || now - this.#looked.at > HEALTH_KEPT_MS)
      this.#looked = { at: now, answer: this.#look() };
    return this.#looked.answer;
  }

  async #look(): Promise<{ isReady: boolean; problem?: string }> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`no answer within ${HEALTH_WITHIN_MS} ms`)), HEALTH_WITHIN_MS);
    try {
      await Promise.race([lookAt(this.postgres), late.promise]);
      return { isReady: true };
    } catch (error) {
      return { isReady: false, problem: faultLine(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  async #untilMigrated(): Promise<void> {
    const { log, schema, backoff = { firstMs: 100, maxMs: 2_000 } } = this.#options;
    const since = Date.now();
    let waitMs = backoff.firstMs;
    let said = { what: '', at: 0 };
    for (let tries = 1; !this.#stopping.signal.aborted; tries++) {
      try {
        await this.#tryOnce();
        this.#problem = undefined;
        log.info(
          { durationMs: Date.now() - since, tries },
          `Postgres at ${this.postgres.where} is ready, schema ${schema.part} ${schema.migrations.length}`,
        );
        return;
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const what = faultLine(error);
        this.#problem = what;
        if (what !== said.what || Date.now() - said.at >= REMIND_MS) {
          said = { what, at: Date.now() };
          // What a new release must mend is an error; what time may mend is a wait.
          const level = error instanceof ProdworkError || postgresFault(error) === 'other' ? 'error' : 'warn';
          log[level](
            { tries, waitedMs: Date.now() - since },
            `waiting for Postgres at ${this.postgres.where}: ${what}`,
          );
        }
      }
      await pause(waitMs * (0.8 + 0.4 * Math.random()), this.#stopping.signal);
      waitMs = Math.min(waitMs * 2, backoff.maxMs);
    }
  }

  async #tryOnce(): Promise<void> {
    await lookAt(this.postgres, { mayBeReadOnly: true });
    const { url, name, migrateWithinMs = 600_000, schema, log } = this.#options;
    const migrator = openPostgres({ url, name: `${name} migrations`, max: 1, statementTimeoutMs: migrateWithinMs });
    // A stop cuts a migration short: the connection closes, and Postgres rolls the transaction back.
    const cut = () => void migrator.close();
    this.#stopping.signal.addEventListener('abort', cut);
    try {
      await migrate(migrator, schema, { log });
    } finally {
      this.#stopping.signal.removeEventListener('abort', cut);
      await migrator.close();
    }
  }
}

/** The real query: it needs a connection, credentials, the database, and a server that executes. */
async function lookAt(postgres: Postgres, { mayBeReadOnly = false } = {}): Promise<void> {
  const { rows } = await postgres.query(
    `select current_setting('server_version_num')::int as version, current_setting('transaction_read_only') as read_only`,
  );
  const { version, read_only: readOnly } = rows[0] ?? {};
  if (typeof version !== 'number' || version < OLDEST) {
    throw new ProdworkError(
      'PRODWORK_POSTGRES_VERSION',
      `Postgres 14 or later is needed, this one says ${String(version)}`,
    );
  }
  if (readOnly === 'on' && !mayBeReadOnly) throw new ProdworkError('DATABASE_READ_ONLY');
}
