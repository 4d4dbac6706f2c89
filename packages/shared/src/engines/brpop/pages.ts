import type { JobFilter, JobPage } from '../../engine/inspector.ts';
import { ProdworkError } from '../../errors.ts';
import { FINAL_STATES, type Job, type JobState } from '../../job/job.ts';
import type { Connection } from '../../redis/connections.ts';
import { decodeEntry } from './entry.ts';
import type { BrpopKeys } from './keys.ts';
import { readRecord, waitingJob } from './record.ts';

/** Jobs looked at for one page, at most. */
const SCAN_MAX = 1_000;
const CHUNK = 200;
const SHOWN: readonly JobState[] = ['waiting', 'active', ...FINAL_STATES];

/**
 * One page: newest first within a state, the states in their order. The cursor is `<state>.<offset>`: a list that moves
 * between two pages may show a job twice or not at all.
 */
export async function listPage(
  connection: Connection,
  keys: BrpopKeys,
  { queue, state, type, q, cursor, limit }: JobFilter,
  active: readonly Job[],
): Promise<JobPage> {
  const states = state === undefined ? SHOWN : SHOWN.filter((shown) => shown === state);
  let [at, offset] = readCursor(cursor);
  let scanned = 0;
  const jobs: Job[] = [];
  for (; at < states.length; at += 1, offset = 0) {
    const shown = states[at];
    if (shown === undefined) break;
    for (;;) {
      const chunk = await read(connection, keys, shown, offset, CHUNK, queue, active);
      for (const job of chunk) {
        if (jobs.length === limit || scanned === SCAN_MAX) return { jobs, scanned, cursor: `${at}.${offset}` };
        offset += 1;
        scanned += 1;
        if (job && fits(job, type, q)) jobs.push(job);
      }
      if (chunk.length < CHUNK) break;
    }
  }
  return { jobs, scanned };
}

function readCursor(cursor = '0.0'): [number, number] {
  const [, at, offset] = /^(\d{1,2})\.(\d{1,12})$/.exec(cursor) ?? [];
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

/** Elements that cannot be read are undefined: they are counted, and set aside once a worker takes them. */
async function read(
  connection: Connection,
  keys: BrpopKeys,
  state: JobState,
  offset: number,
  count: number,
  queue: string,
  active: readonly Job[],
): Promise<readonly (Job | undefined)[]> {
  if (state === 'active') return active.slice(offset, offset + count);
  if (state === 'waiting') {
    const texts = await connection.lrange(keys.list, offset, offset + count - 1);
    return texts.map((text) => {
      const entry = decodeEntry(text, queue);
      return 'fault' in entry ? undefined : waitingJob(entry, queue);
    });
  }
  const ids = await connection.zrevrange(keys.ended(state), offset, offset + count - 1);
  if (ids.length === 0) return [];
  return (await connection.hmget(keys.finished, ...ids)).map(readRecord);
}
