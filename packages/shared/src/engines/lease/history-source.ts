import type { FinishedBatch, HistoryBacklog, HistoryRules, HistorySource } from '../../engine/history.ts';
import type { Job } from '../../job/job.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  whenReady,
} from '../../redis/connections.ts';
import type { EngineOptions } from '../open.ts';
import { decodeJob } from './job-view.ts';
import { scripts } from './scripts.ts';
import { type DataSets, Shard } from './shard.ts';

const CONNECT_WITHIN_MS = 2_000;
const ANSWER_WITHIN_MS = 5_000;
/** Records and trails of one batch: bounds both Redis's answer and the archiver's memory. */
const BATCH_BYTES = 4 * 1024 * 1024;
const STATES: { readonly [letter: string]: Job['state'] } = {
  C: 'completed',
  D: 'dead',
  X: 'cancelled',
  A: 'abandoned',
};

/** What waits for the history in one queue, through a connection of its own. */
export class LeaseHistorySource implements HistorySource {
  private readonly connection: Connection;
  private readonly shard: Shard;
  private readonly keepCount: number;

  constructor(options: EngineOptions, dataSets: DataSets, queue: string) {
    this.connection = createConnection(options.redisUrl, {
      name: `${options.prefix}:history`,
      silenceMs: ANSWER_WITHIN_MS,
    });
    this.shard = new Shard(this.connection, dataSets, options.prefix, queue, 0);
    this.keepCount = options.keep.count;
  }

  async start(): Promise<void> {
    keepConnected(this.connection);
  }

  async stop(): Promise<void> {
    closeConnection(this.connection);
  }

  async keep({ backlogMaxBytes, isStrict }: HistoryRules): Promise<void> {
    await this.shard.ask(scripts.historyKeep, [await this.epoch(), backlogMaxBytes, isStrict ? 1 : 0]);
  }

  async release(): Promise<void> {
    await this.shard.ask(scripts.historyRelease, [await this.epoch()]);
  }

  async finished(limit: number): Promise<FinishedBatch> {
    const [, now, ...parts] = await this.shard.ask(scripts.historyFinished, [await this.epoch(), limit, BATCH_BYTES]);
    const jobs: Job[] = [];
    const receipt: string[] = [];
    for (let at = 0; at + 4 < parts.length; at += 5) {
      const [member = '', finishedAt = '', letter = '', record, trail] = parts.slice(at, at + 5).map(String);
      receipt.push(member, finishedAt);
      const [local = ''] = member.split(' ');
      const job = decodeJob(this.shard, local, [STATES[letter], record, trail, '', '', '', now]);
      if (job) jobs.push({ finishedAt: Number(finishedAt), ...job });
    }
    return { jobs, receipt };
  }

  async archived(receipt: readonly string[]): Promise<void> {
    if (receipt.length === 0) return;
    await this.shard.ask(scripts.historyArchived, [await this.epoch(), this.keepCount, ...receipt]);
  }

  async backlog(): Promise<HistoryBacklog> {
    await whenReady(this.connection, CONNECT_WITHIN_MS);
    const [jobs, bytes, oldestAt, dropped] = await this.shard.run(scripts.historyBacklog, []);
    return {
      jobs: Number(jobs),
      bytes: Number(bytes),
      ...(oldestAt === '' ? {} : { oldestAt: Number(oldestAt) }),
      dropped: Number(dropped),
    };
  }

  private async epoch(): Promise<string> {
    await whenReady(this.connection, CONNECT_WITHIN_MS);
    return this.shard.open();
  }
}
