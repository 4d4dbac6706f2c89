import type { HistoryFilter, HistoryPage, HistoryReader, HistoryWriter } from '../engine/history.ts';
import { ProdworkError } from '../errors.ts';
import { parseJobId } from '../job/ids.ts';
import type { Job } from '../job/job.ts';
import type { PostgresBoot } from '../postgres/boot.ts';
import { postgresFault, publicError } from '../postgres/faults.ts';
import type { Answer, Session, SqlValue } from '../postgres/pool.ts';
import { decodeStoredJob, readCursor, writeCursor } from './stored-job.ts';
import { searchable, storable, wordsOf } from './words.ts';

export interface PostgresHistory extends HistoryReader, HistoryWriter {}

const INSERT = `
  insert into history_jobs
    (queue, id, generation, type, state, tags, error_code, attempts, created_at, finished_at, record, words)
  select queue, id, generation, type, state, string_to_array(tags, ' '), error_code, attempts,
    to_timestamp(created_at / 1000.0), to_timestamp(finished_at / 1000.0), record::json, to_tsvector('simple', words)
  from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::float8[],
    $10::float8[], $11::text[], $12::text[])
    as t (queue, id, generation, type, state, tags, error_code, attempts, created_at, finished_at, record, words)
  on conflict do nothing`;

export function postgresHistory(boot: PostgresBoot): PostgresHistory {
  const read = async (text: string, values: readonly SqlValue[]): Promise<Answer> => {
    if (!boot.isMigrated()) throw new ProdworkError('DATABASE_UNAVAILABLE', undefined, { retryAfterSeconds: 2 });
    return boot.postgres.query(text, values).catch((error: unknown) => {
      throw publicError(error);
    });
  };

  return {
    async find(id, queue) {
      const inQueue = parseJobId(id, queue)?.queue;
      if (inQueue === undefined) return undefined;
      const { rows } = await read(
        `select record::text as record from history_jobs where queue = $1 and id = $2
          order by created_at desc, generation desc limit 1`,
        [inQueue, id],
      );
      return rows[0] && decodeStoredJob(rows[0].record);
    },
    search: (filter) => search(filter, read),
    store: (jobs) => storeJobs(boot.postgres, jobs),
    async expire(before, limit) {
      const { count } = await boot.postgres.query(
        `delete from history_jobs where ctid in
          (select ctid from history_jobs where finished_at < to_timestamp($1::float8 / 1000) limit $2)`,
        [before, limit],
      );
      return count;
    },
  };
}

async function search(
  filter: HistoryFilter,
  read: (text: string, values: readonly SqlValue[]) => Promise<Answer>,
): Promise<HistoryPage> {
  const values: SqlValue[] = [];
  const value = (one: SqlValue): string => `$${values.push(one)}`;
  const where = [`queue = ${value(filter.queue)}`];
  if (filter.id !== undefined) where.push(`id = ${value(storable(filter.id))}`);
  if (filter.type !== undefined) where.push(`type = ${value(filter.type)}`);
  if (filter.state !== undefined) where.push(`state = ${value(filter.state)}`);
  if (filter.tag !== undefined) where.push(`tags @> array[${value(storable(filter.tag))}] and tags <> '{}'`);
  if (filter.from !== undefined) where.push(`finished_at >= to_timestamp(${value(filter.from)}::float8 / 1000)`);
  if (filter.to !== undefined) where.push(`finished_at < to_timestamp(${value(filter.to)}::float8 / 1000)`);
  if (filter.q !== undefined) where.push(`words @@ websearch_to_tsquery('simple', ${value(searchable(filter.q))})`);
  if (filter.cursor !== undefined) {
    const { finishedAt, id, generation } = readCursor(filter.cursor);
    where.push(
      `(finished_at, id, generation) < (to_timestamp(${value(finishedAt)}::float8 / 1000), ${value(id)}, ${value(generation)})`,
    );
  }
  const { rows } = await read(
    `select record::text as record from history_jobs where ${where.join(' and ')}
      order by finished_at desc, id desc, generation desc limit ${value(filter.limit + 1)}`,
    values,
  );
  const jobs = rows.slice(0, filter.limit).map((row) => decodeStoredJob(row.record));
  const last = jobs.at(-1);
  return rows.length > filter.limit && last ? { jobs, cursor: writeCursor(last) } : { jobs };
}

/** One statement for all. When one job of them cannot be stored as it is, they go one by one, and that one without its values. */
async function storeJobs(session: Session, jobs: readonly Job[]): Promise<number> {
  if (jobs.length === 0) return 0;
  try {
    return (await session.query(INSERT, columnsOf(jobs))).count;
  } catch (error) {
    if (postgresFault(error) !== 'other') throw error;
    const [first] = jobs;
    if (jobs.length === 1 && first) return (await session.query(INSERT, columnsOf([withoutValues(first)]))).count;
    let stored = 0;
    for (const job of jobs) stored += await storeJobs(session, [job]);
    return stored;
  }
}

function columnsOf(jobs: readonly Job[]): readonly SqlValue[] {
  const of = <T extends string | number | null>(pick: (job: Job) => T): T[] => jobs.map(pick);
  return [
    of((job) => job.queue),
    of((job) => job.id),
    of((job) => job.generation),
    of((job) => job.type),
    of((job) => job.state),
    of((job) => (job.tags ?? []).map(storable).join(' ')),
    of((job) => (job.error ? storable(job.error.code) : null)),
    of((job) => job.attempts),
    of((job) => job.createdAt),
    of((job) => job.finishedAt ?? job.createdAt),
    of((job) => JSON.stringify(job)),
    of(wordsOf),
  ];
}

function withoutValues(job: Job): Job {
  const { result: _result, progress: _progress, verified: _verified, ...rest } = job;
  const message = 'The payload and result could not be stored in the history.';
  return { ...rest, payload: null, error: { code: job.error?.code ?? 'INVALID_RECORD', message } };
}
