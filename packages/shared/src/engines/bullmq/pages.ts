import type { JobFilter, JobPage } from '../../engine/inspector.ts';
import { ProdworkError } from '../../errors.ts';
import type { Job, JobState } from '../../job/job.ts';
import type { Connection } from '../../redis/connections.ts';
import type { QueueKeys } from './layout.ts';
import { readJobs } from './read.ts';

/** Jobs looked at for one page, at most. */
const SCAN_MAX = 1_000;
const CHUNK = 100;

/** Where the jobs of a state are; the failed ones are shared by two states. */
const PLACES: readonly {
  readonly key: string;
  readonly kind: 'list' | 'zset';
  readonly states: readonly JobState[];
}[] = [
  { key: 'wait', kind: 'list', states: ['waiting'] },
  { key: 'paused', kind: 'list', states: ['waiting'] },
  { key: 'prioritized', kind: 'zset', states: ['waiting'] },
  { key: 'delayed', kind: 'zset', states: ['scheduled'] },
  { key: 'active', kind: 'list', states: ['active'] },
  { key: 'completed', kind: 'zset', states: ['completed'] },
  { key: 'failed', kind: 'zset', states: ['dead', 'cancelled'] },
];

/** One page, newest first within a place. The cursor is `<place>.<offset>`: jobs that move between pages may be missed. */
export async function listPage(
  connection: Connection,
  keys: QueueKeys,
  { queue, state, type, q, cursor, limit }: JobFilter,
): Promise<JobPage> {
  const places = PLACES.filter(({ states }) => state === undefined || states.includes(state));
  let [at, offset] = readCursor(cursor);
  let scanned = 0;
  const jobs: Job[] = [];
  for (; at < places.length; at += 1, offset = 0) {
    const place = places[at];
    if (place === undefined) break;
    for (;;) {
      const key = keys.of(place.key);
      const to = offset + CHUNK - 1;
      const ids = await (place.kind === 'list'
        ? connection.lrange(key, offset, to)
        : connection.zrevrange(key, offset, to));
      const chunk = await readJobs(connection, keys, ids, queue);
      for (const job of chunk) {
        if (jobs.length === limit || scanned === SCAN_MAX) return { jobs, scanned, cursor: `${at}.${offset}` };
        offset += 1;
        scanned += 1;
        if (job && (state === undefined || job.state === state) && fits(job, type, q)) jobs.push(job);
      }
      if (ids.length < CHUNK) break;
    }
  }
  return { jobs, scanned };
}

function readCursor(cursor = '0.0'): [number, number] {
  const [, at, offset] = /^(\d)\.(\d{1,12})$/.exec(cursor) ?? [];
  if (at === undefined || offset === undefined) {
    throw new ProdworkError('INVALID_FIELD', 'cursor is not from a page before', {
      field: 'cursor',
      rule: 'from a page',
    });
  }
  return [Number(at), Number(offset)];
}

const fits = (job: Job, type: string | undefined, q: string | undefined): boolean =>
  (type === undefined || job.type === type) &&
  (q === undefined || job.id.includes(q) || (JSON.stringify(job.payload) ?? '').includes(q));
