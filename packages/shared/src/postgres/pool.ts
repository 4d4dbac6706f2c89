import { Pool, type PoolClient, types } from 'pg';
import { leavesConnectionUsable, NoAnswerError } from './faults.ts';

export type Row = Readonly<Record<string, unknown>>;
export type SqlValue = string | number | boolean | null | Date | readonly (string | number | null)[];

export interface Answer {
  readonly rows: readonly Row[];
  /** Rows read or changed. */
  readonly count: number;
}

/** Where statements are run: the pool (each on its own), or one transaction. */
export interface Session {
  /** Values travel apart from the text, always: `$1`, `$2` ... A text of several statements takes no values. */
  query(text: string, values?: readonly SqlValue[]): Promise<Answer>;
}

export interface Postgres extends Session {
  /** `host:port/database`, for log lines: never credentials. */
  readonly where: string;
  /** Runs `work` between BEGIN and COMMIT on one connection; rolls back when it throws. */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** Runs `work` on one connection of its own, e.g. to hold an advisory lock. `lost` aborts when the connection ends. */
  connection<T>(work: (session: Session, lost: AbortSignal) => Promise<T>): Promise<T>;
  /** Ends every connection, by force after a second. May be called twice. */
  close(): Promise<void>;
}

export interface PoolOptions {
  /** postgres:// or postgresql:// */
  readonly url: string;
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  /** Connections at most, 1 to 100. Default 5. Too low: requests queue. Too high: the server's own limit is met. */
  readonly max?: number;
  /**
   * Longest run of one statement and longest wait for a lock, ms. Default 5,000. The server cancels it; a second later
   * we stop waiting as well. Too low: good queries fail. Too high: a server that froze holds its callers.
   */
  readonly statementTimeoutMs?: number;
  /** Longest wait for a connection, new or from the pool, ms. Default 2,000. */
  readonly connectTimeoutMs?: number;
}

const GRACE_MS = 1_000;
const IDLE_IN_TRANSACTION_MS = 30_000;
const INT8 = 20;

export function openPostgres(options: PoolOptions): Postgres {
  const statementTimeoutMs = options.statementTimeoutMs ?? 5_000;
  const pool = new Pool({
    connectionString: options.url,
    application_name: options.name,
    max: options.max ?? 5,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 2_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    // Ids, counts and epoch ms all stay below 2^53: int8 is read as a number.
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)) },
  });
  return new PostgresPool(pool, placeOf(options.url), statementTimeoutMs + GRACE_MS);
}

/** `host:port/database` of a connection string, or a plain word when it cannot be read. */
function placeOf(url: string): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    return `${hostname || searchParams.get('host') || 'localhost'}:${port || '5432'}${pathname}`;
  } catch {
    return 'the configured database';
  }
}

class PostgresPool implements Postgres {
  readonly where: string;
  readonly #pool: Pool;
  readonly #answerWithinMs: number;
  readonly #clients = new Set<PoolClient>();
  #closed: Promise<void> | undefined;

  constructor(pool: Pool, where: string, answerWithinMs: number) {
    this.#pool = pool;
    this.where = where;
    this.#answerWithinMs = answerWithinMs;
    pool.on('connect', (client) => {
      this.#clients.add(client);
      // The pool listens while a connection is idle. Between that and our first query, and while it is lent, nobody would,
      // and an error without a listener ends the process. It is not lost: the next query of this connection fails with it.
      client.on('error', () => {});
    });
    pool.on('remove', (client) => this.#clients.delete(client));
    pool.on('error', () => {});
  }

  query(text: string, values?: readonly SqlValue[]): Promise<Answer> {
    return this.#lend((client) => this.#ask(client, text, values));
  }

  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#lend(async (client) => {
      await this.#ask(client, 'begin');
      try {
        const value = await work({ query: (text, values) => this.#ask(client, text, values) });
        const { command } = await this.#ask(client, 'commit');
        // COMMIT of a transaction that has already failed is answered with ROLLBACK, not with an error.
        if (command !== 'COMMIT') throw new Error('the transaction had failed and was rolled back');
        return value;
      } catch (error) {
        // No rollback, no further use: `#lend` drops a connection that is still inside a transaction.
        if (client.getTransactionStatus() !== 'I') await this.#ask(client, 'rollback').catch(() => {});
        throw error;
      }
    });
  }

  connection<T>(work: (session: Session, lost: AbortSignal) => Promise<T>): Promise<T> {
    return this.#lend(async (client) => {
      const lost = new AbortController();
      const onEnd = () => lost.abort();
      client.once('end', onEnd);
      try {
        return await work({ query: (text, values) => this.#ask(client, text, values) }, lost.signal);
      } finally {
        client.off('end', onEnd);
      }
    });
  }

  close(): Promise<void> {
    this.#closed ??= (async () => {
      const force = setTimeout(() => {
        for (const client of this.#clients) client.connection.stream.destroy();
      }, GRACE_MS);
      await this.#pool.end();
      // The pool forgets a connection before its socket has closed; one to a frozen server would never close.
      for (const client of this.#clients) client.connection.stream.destroy();
      clearTimeout(force);
    })();
    return this.#closed;
  }

  /** Takes a connection and gives it back, unless it may be poisoned: then it is dropped. */
  async #lend<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let isUsable = true;
    try {
      return await work(client);
    } catch (error) {
      isUsable = leavesConnectionUsable(error);
      throw error;
    } finally {
      client.release(!isUsable || client.getTransactionStatus() !== 'I');
    }
  }

  async #ask(client: PoolClient, text: string, values?: readonly SqlValue[]): Promise<Answer & { command: string }> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      client.connection.stream.destroy();
    }, this.#answerWithinMs);
    try {
      const result = await client.query<Row>(text, values === undefined ? undefined : [...values]);
      return { rows: result.rows, count: result.rowCount ?? 0, command: result.command };
    } catch (error) {
      if (isLate) throw new NoAnswerError(`no answer within ${this.#answerWithinMs} ms`, { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
