import { randomUUID } from 'node:crypto';
import type { Engine } from 'prodwork/engine/engine';
import type { HistoryRules, HistorySource } from 'prodwork/engine/history';
import type { Inspector } from 'prodwork/engine/inspector';
import type { NewJob, Submitter } from 'prodwork/engine/submitter';
import { openEngine } from 'prodwork/engines/open';
import { type Archiver, createArchiver } from 'prodwork/history/archiver';
import { type PostgresHistory, postgresHistory } from 'prodwork/history/postgres-history';
import { historySchema } from 'prodwork/history/schema';
import type { Log } from 'prodwork/log';
import { bootPostgres, type PostgresBoot } from 'prodwork/postgres/boot';
import { type FinishingWorker, finishingWorker } from './finishing-worker.ts';
import { recordingLog } from './recording-log.ts';
import { until } from './until.ts';

export interface HistoryLabOptions {
  readonly redisUrl: string;
  readonly postgresUrl: string;
  readonly keepCount?: number;
  readonly rules?: HistoryRules;
  /** Of Postgres, ms. Default 5,000. */
  readonly statementTimeoutMs?: number;
}

const RULES: HistoryRules = { backlogMaxBytes: 1024 ** 3, isStrict: false };

/** One queue of the lease engine with a history of its own, for tests and measurements. */
export class HistoryLab {
  readonly queue = 'lab';
  readonly engine: Engine;
  readonly submitter: Submitter;
  readonly inspector: Inspector;
  readonly boot: PostgresBoot;
  readonly history: PostgresHistory;
  readonly lines: () => readonly string[];
  readonly #log: Log;
  readonly #rules: HistoryRules;
  readonly #toStop: { stop(): Promise<unknown> }[] = [];

  private constructor(
    engine: Engine,
    boot: PostgresBoot,
    recording: ReturnType<typeof recordingLog>,
    rules: HistoryRules,
  ) {
    this.engine = engine;
    this.boot = boot;
    this.history = postgresHistory(boot);
    this.submitter = engine.submitter();
    this.inspector = engine.inspector();
    this.#log = recording.log;
    this.lines = recording.lines;
    this.#rules = rules;
  }

  static async open({
    redisUrl,
    postgresUrl,
    keepCount = 10_000,
    rules = RULES,
    statementTimeoutMs = 5_000,
  }: HistoryLabOptions): Promise<HistoryLab> {
    const recording = recordingLog();
    const engine = await openEngine('lease', {
      redisUrl,
      log: recording.log,
      prefix: `h${randomUUID().slice(0, 8)}`,
      durability: 'everysec',
      backlogMax: 1_000_000,
      leaseMs: 10_000,
      heartbeatMs: 3_000,
      deliveryLimit: 20,
      keep: { count: keepCount, ageMs: 3_600_000, bytes: 1024 ** 3 },
    });
    const boot = bootPostgres({
      url: postgresUrl,
      name: 'history lab',
      schema: historySchema,
      log: recording.log,
      statementTimeoutMs,
      backoff: { firstMs: 10, maxMs: 100 },
    });
    const lab = new HistoryLab(engine, boot, recording, rules);
    await boot.start();
    await lab.submitter.start();
    await lab.inspector.start();
    return lab;
  }

  source(): HistorySource {
    const source = this.engine.historySource?.(this.queue);
    if (source === undefined) throw new Error('this engine has no history');
    return source;
  }

  archiver(keepMs = 0): Archiver {
    const { queue, history, boot } = this;
    const archiver = createArchiver({
      ...{ queue, history, boot, keepMs, idleMs: 20, troubleMs: 50, electionMs: 50 },
      source: this.source(),
      rules: this.#rules,
      log: this.#log,
    });
    this.#toStop.push(archiver);
    return archiver;
  }

  async worker(
    ...how: Parameters<typeof finishingWorker> extends [unknown, unknown, ...infer Rest] ? Rest : never
  ): Promise<FinishingWorker> {
    const worker = await finishingWorker(this.engine, this.queue, ...how);
    this.#toStop.push(worker);
    return worker;
  }

  submit(asked: Partial<NewJob> = {}) {
    return this.submitter.submit({
      queue: this.queue,
      type: 'work',
      payloadJson: '{}',
      priority: 'normal',
      maxAttempts: 1,
      delivery: 'at-least-once',
      ...asked,
    });
  }

  async submitId(asked: Partial<NewJob> = {}): Promise<string> {
    const submitted = await this.submit(asked);
    if (submitted.outcome !== 'stored') throw new Error(`not stored: ${submitted.outcome}`);
    return submitted.job.id;
  }

  async stored(): Promise<number> {
    const { rows } = await this.boot.postgres.query('select count(*) as jobs from history_jobs');
    return Number(rows[0]?.jobs);
  }

  isMigrated(): Promise<boolean> {
    return until('the schema', () => this.boot.isMigrated());
  }

  async close(): Promise<void> {
    for (const part of this.#toStop) await part.stop();
    await this.submitter.stop();
    await this.inspector.stop();
    await this.engine.close();
    await this.boot.stop();
  }
}
