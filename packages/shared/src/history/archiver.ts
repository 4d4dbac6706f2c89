import type { HistoryBacklog, HistoryRules, HistorySource, HistoryWriter } from '../engine/history.ts';
import type { Log } from '../log.ts';
import type { PostgresBoot } from '../postgres/boot.ts';
import { faultLine } from '../postgres/faults.ts';
import { pause } from '../postgres/pause.ts';
import type { Session } from '../postgres/pool.ts';
import type { Service } from '../service.ts';

export interface ArchiverOptions {
  readonly queue: string;
  readonly source: HistorySource;
  readonly history: HistoryWriter;
  readonly boot: PostgresBoot;
  readonly rules: HistoryRules;
  /** Stored jobs are deleted this long after their end, ms; 0 keeps them for good. */
  readonly keepMs: number;
  readonly log: Log;
  /** Jobs per statement. Default 500. */
  readonly batch?: number;
  /** Wait between two looks when nothing has finished, ms. Default 500. */
  readonly idleMs?: number;
  /** Wait until the next try after trouble, ms. Default 2,000. */
  readonly troubleMs?: number;
  /** How often a worker without the role asks for it, ms. Default 2,000. */
  readonly electionMs?: number;
}

export interface Archiver extends Service {
  /** For metrics. */
  status(): {
    readonly isHolder: boolean;
    readonly stored: number;
    readonly expired: number;
    /** As it was a moment ago; absent until the first look. */
    readonly backlog?: HistoryBacklog;
    readonly problem?: string;
  };
}

/** How often the holder renews the rules, looks at the backlog and shows that it is alive. */
const CARE_MS = 2_000;
const EXPIRE_EVERY_MS = 60_000;
const EXPIRE_BATCH = 1_000;
/** A holder that is frozen loses its lock after this long, because its connection has been silent. */
const HOLD_S = 15;

/**
 * Moves finished jobs to the history: stored first, and only then may the engine let go of them. Any worker can hold the
 * role; an advisory lock keeps it to one at a time, so that they do not all store the same. Two holders would do no harm.
 */
export function createArchiver(options: ArchiverOptions): Archiver {
  return new PostgresArchiver(options);
}

class PostgresArchiver implements Archiver {
  readonly #options: ArchiverOptions;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #isHolder = false;
  #stored = 0;
  #expired = 0;
  #backlog: HistoryBacklog | undefined;
  #problem: string | undefined;
  #expireAt = 0;

  constructor(options: ArchiverOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    await this.#options.source.start();
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await this.#options.source.stop();
  }

  status(): ReturnType<Archiver['status']> {
    return {
      ...{ isHolder: this.#isHolder, stored: this.#stored, expired: this.#expired },
      ...(this.#backlog && { backlog: this.#backlog }),
      ...(this.#problem !== undefined && { problem: this.#problem }),
    };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { electionMs = 2_000, troubleMs = 2_000 } = this.#options;
    while (!signal.aborted) {
      try {
        await this.#care();
        if (this.#options.boot.isMigrated()) await this.#hold();
        await pause(electionMs, signal);
      } catch (error) {
        this.#report(error);
        await pause(troubleMs, signal);
      }
    }
  }

  /** Takes the role if nobody has it, and works until the connection breaks or the process stops. */
  async #hold(): Promise<void> {
    const { boot, queue, log } = this.#options;
    await boot.postgres.connection(async (session, lost) => {
      const lock = "hashtextextended('prodwork archiver ' || $1, 0)";
      const { rows } = await session.query(`select pg_try_advisory_lock(${lock}) as taken`, [queue]);
      if (rows[0]?.taken !== true) return;
      log.info({ queue }, 'archiving finished jobs');
      this.#isHolder = true;
      try {
        await session.query(`set idle_session_timeout = '${HOLD_S}s'`);
        await this.#archive(session, lost);
      } finally {
        this.#isHolder = false;
        // Given back to the pool as it came.
        await session.query(`select pg_advisory_unlock(${lock})`, [queue]).catch(() => {});
        await session.query('reset idle_session_timeout').catch(() => {});
      }
    });
  }

  async #archive(session: Session, lost: AbortSignal): Promise<void> {
    const { source, history, batch = 500, idleMs = 500 } = this.#options;
    const { signal } = this.#stopping;
    for (let caredAt = 0; !signal.aborted && !lost.aborted; ) {
      const { jobs, receipt } = await source.finished(batch);
      if (jobs.length > 0) this.#stored += await history.store(jobs);
      await source.archived(receipt);
      this.#problem = undefined;
      if (Date.now() - caredAt >= CARE_MS) {
        caredAt = Date.now();
        await session.query('select 1');
        await this.#care();
        await this.#expire();
      }
      if (receipt.length === 0) await pause(idleMs, signal);
    }
  }

  /** Renews the rule that nothing is pruned unstored, and sounds the alarm when something was. Needs no Postgres. */
  async #care(): Promise<void> {
    const { source, rules } = this.#options;
    await source.keep(rules);
    const backlog = await source.backlog();
    const dropped = backlog.dropped - (this.#backlog?.dropped ?? backlog.dropped);
    if (dropped > 0) this.#alarm(dropped);
    this.#backlog = backlog;
  }

  #alarm(dropped: number): void {
    const { log, rules } = this.#options;
    log.error(
      { dropped, backlogMaxBytes: rules.backlogMaxBytes },
      'finished jobs were given up unstored: the history was away for too long (HISTORY_BACKLOG_MAX, HISTORY_STRICT)',
    );
  }

  async #expire(): Promise<void> {
    const { history, keepMs } = this.#options;
    if (keepMs === 0 || Date.now() < this.#expireAt) return;
    const gone = await history.expire(Date.now() - keepMs, EXPIRE_BATCH);
    this.#expired += gone;
    // A full batch: more of them wait, so look again at the next turn.
    if (gone < EXPIRE_BATCH) this.#expireAt = Date.now() + EXPIRE_EVERY_MS;
  }

  #report(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const problem = faultLine(error);
    if (problem !== this.#problem)
      this.#options.log.warn({ queue: this.#options.queue }, `archiving is held up: ${problem}`);
    this.#problem = problem;
  }
}
