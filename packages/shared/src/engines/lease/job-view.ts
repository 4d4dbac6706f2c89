import { formatJobId } from '../../job/ids.ts';
import { type Delivery, JOB_STATES, type Job, type JobState } from '../../job/job.ts';
import { readStoredJson } from '../../job/stored-json.ts';
import { decodeRecord } from './record.ts';
import { decodeTrail, type Trail } from './trail.ts';

interface Where {
  readonly queue: string;
  readonly number: number;
}

/** Makes a job of what the `show` script sent for one id; undefined when there is no such job. */
export function decodeJob(shard: Where, local: string, shown: unknown): Job | undefined {
  if (!Array.isArray(shown)) return undefined;
  const [state, record, trailText, extra, hold, progress] = shown.map(String);
  const known = JOB_STATES.find((candidate) => candidate === state);
  if (known === undefined || record === undefined) return undefined;
  const trail = decodeTrail(trailText ?? '');
  const decoded = decodeRecord(record);
  const id = formatJobId(shard.queue, shard.number, local);
  if (decoded === undefined) return unreadable(id, shard.queue, known, trail);
  const { header, payloadJson } = decoded;
  const active = known === 'active' ? activeDelivery(hold ?? '', extra ?? '?') : [];
  const runAt = known === 'scheduled' ? Number(extra) : header.runAt;
  const result = trail.resultJson === undefined ? undefined : readStoredJson(trail.resultJson);
  return {
    id,
    type: header.type,
    queue: shard.queue,
    state: known,
    payload: readStoredJson(payloadJson),
    ...(result === undefined ? {} : { result }),
    ...(trail.verified === undefined ? {} : { verified: trail.verified }),
    ...(trail.error === undefined ? {} : { error: trail.error }),
    priority: header.priority,
    attempts: trail.attempts,
    maxAttempts: header.maxAttempts,
    ...(header.timeoutMs === undefined ? {} : { timeoutMs: header.timeoutMs }),
    ...(progress === '' ? {} : { progress: readStoredJson(progress ?? '') }),
    generation: trail.generation,
    createdAt: header.createdAt,
    ...(runAt === undefined ? {} : { runAt }),
    ...(trail.finishedAt === undefined ? {} : { finishedAt: trail.finishedAt }),
    ...(trail.isCancelRequested ? { cancelRequested: true } : {}),
    deliveries: [...trail.deliveries, ...active],
  };
}

export interface Hold extends Pick<Delivery, 'number' | 'attempt' | 'fence' | 'startedAt'> {
  readonly lane: string;
}

/** Reads a hold; `lua/hold.lua` says what it looks like. */
export function decodeHold(text: string): Hold | undefined {
  const parts = text.split(' ');
  if (parts.length === 2) {
    const [fence = '', lane = ''] = parts;
    return { number: 1, attempt: 1, fence: Number(fence), startedAt: Math.floor(Number(fence) / 1_000), lane };
  }
  const [fence, startedAt, number, attempt, lane] = parts;
  if (lane === undefined) return undefined;
  return { number: Number(number), attempt: Number(attempt), fence: Number(fence), startedAt: Number(startedAt), lane };
}

function activeDelivery(text: string, worker: string): Delivery[] {
  const hold = decodeHold(text);
  if (hold === undefined) return [];
  const { lane: _lane, ...delivery } = hold;
  return [{ ...delivery, worker }];
}

/** A record that was planted or damaged is still shown: as a job whose type and payload nobody knows. */
function unreadable(id: string, queue: string, state: JobState, trail: Trail): Job {
  return {
    id,
    type: 'unreadable',
    queue,
    state,
    payload: null,
    error: trail.error ?? { code: 'INVALID_RECORD', message: 'the stored job cannot be read' },
    priority: 'normal',
    attempts: trail.attempts,
    maxAttempts: 1,
    generation: trail.generation,
    createdAt: 0,
    ...(trail.finishedAt === undefined ? {} : { finishedAt: trail.finishedAt }),
    deliveries: trail.deliveries,
  };
}
