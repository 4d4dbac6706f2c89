import type { JobFilter, JobPage } from '../../engine/inspector.ts';
import { formatJobId } from '../../job/ids.ts';
import { JOB_STATES, type Job, type JobState } from '../../job/job.ts';
import type { Connection } from '../../redis/connections.ts';
import { decodeJob } from './job-view.ts';
import { isJob } from './keys.ts';
import { scripts } from './scripts.ts';
import type { Shard } from './shard.ts';

/** Jobs looked at for one page, at most: a filter that matches little ends the page early and gives a cursor. */
const SCAN = 2_000;
const CHUNK = 100;

/** Where a state's jobs stand: the source keys in order, each read by position. */
interface Source {
  readonly state: JobState;
  readonly key: string;
  readonly kind: 'list' | 'list-from-its-end' | 'newest-first' | 'soonest-first' | 'hold';
}

/**
 * One page of jobs. Waiting jobs come in lane order, scheduled ones soonest first, finished ones newest first.
 * The cursor is `source:position`; jobs that move while one pages may be missed or seen twice.
 */
export async function listJobs(connection: Connection, shard: Shard, filter: JobFilter): Promise<JobPage> {
  const states = filter.state === undefined ? JOB_STATES : [filter.state];
  const sources = (await Promise.all(states.map((state) => sourcesOf(connection, shard, state)))).flat();
  const [startKey, startAt] = splitCursor(filter.cursor);
  let index = Math.max(0, startKey === undefined ? 0 : sources.findIndex(({ key }) => key.endsWith(startKey)));
  let position = startAt;
  let scanned = 0;
  const jobs: Job[] = [];
  while (index < sources.length) {
    const source = sources[index];
    if (source === undefined) break;
    const ids = await idsOf(connection, source, position);
    const shown = ids.length === 0 ? [] : await shard.run(scripts.show, ids);
    for (const [offset, local] of ids.entries()) {
      scanned++;
      const job = decodeJob(shard, local, shown[offset]);
      if (job?.state === source.state && matches(job, filter)) jobs.push(job);
      if (jobs.length === filter.limit || scanned === SCAN) {
        const cursor = `${source.key.slice(shard.keys.prefix.length)}~${position + offset + 1}`;
        return { jobs, cursor, scanned };
      }
    }
    position += ids.length;
    if (ids.length < CHUNK) {
      index++;
      position = 0;
    }
  }
  return { jobs, scanned };
}

function splitCursor(cursor: string | undefined): readonly [string | undefined, number] {
  const at = cursor?.lastIndexOf('~') ?? -1;
  if (cursor === undefined || at < 0) return [undefined, 0];
  const position = Number(cursor.slice(at + 1));
  return [cursor.slice(0, at), Number.isSafeInteger(position) && position >= 0 ? position : 0];
}

function matches(job: Job, { type, q }: JobFilter): boolean {
  if (type !== undefined && job.type !== type) return false;
  return q === undefined || job.id.includes(q) || JSON.stringify(job.payload).includes(q);
}

async function sourcesOf(connection: Connection, shard: Shard, state: JobState): Promise<readonly Source[]> {
  const own = shard.keys.prefix;
  switch (state) {
    case 'blocked':
      return [];
    case 'waiting': {
      const lanes = await connection.zrange(`${own}turn`, 0, '255');
      return lanes.map((lane) => ({ state, key: `${own}lane:${lane}`, kind: 'list' }) as const);
    }
    case 'active': {
      const workers = await connection.zrange(`${own}workers`, 0, '-1');
      return workers.map((incarnation) => ({ state, key: `${own}hold:${incarnation}`, kind: 'hold' }) as const);
    }
    case 'scheduled':
      return [{ state, key: `${own}sched`, kind: 'soonest-first' }];
    case 'completed':
      return [{ state, key: `${own}${state}`, kind: 'list-from-its-end' }];
    default:
      return [{ state, key: `${own}${state}`, kind: 'newest-first' }];
  }
}

async function idsOf(connection: Connection, { key, kind }: Source, from: number): Promise<readonly string[]> {
  const to = from + CHUNK - 1;
  switch (kind) {
    case 'list':
      return connection.lrange(key, from, to);
    case 'list-from-its-end':
      return (await connection.lrange(key, -1 - to, -1 - from)).reverse();
    case 'hold':
      return (await connection.hkeys(key))
        .filter(isJob)
        .sort()
        .slice(from, to + 1);
    case 'soonest-first':
      return connection.zrange(key, from, String(to));
    case 'newest-first':
      return connection.zrange(key, from, String(to), 'REV');
  }
}

/** For tests and messages: the id that callers see. */
export const idOf = (shard: Shard, local: string): string => formatJobId(shard.queue, shard.number, local);
