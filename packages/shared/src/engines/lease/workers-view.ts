import type { WorkerView } from '../../engine/inspector.ts';
import { formatJobId } from '../../job/ids.ts';
import { pairs } from './census.ts';
import { decodeHold } from './job-view.ts';
import { isJob } from './keys.ts';

interface Where {
  readonly queue: string;
  readonly number: number;
}

/** Reads the reply of the `workers` script. */
export function decodeWorkers(shard: Where, reply: readonly unknown[]): readonly WorkerView[] {
  const now = Number(reply.at(-1));
  return reply
    .slice(0, -1)
    .flatMap((entry) => (Array.isArray(entry) ? [decodeWorker(shard, entry, now)] : []))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function decodeWorker(shard: Where, [id, deadline, fields, holds]: readonly unknown[], now: number): WorkerView {
  const field = pairs(fields);
  const vitals = parseVitals(field.get('vitals'));
  const held = [...pairs(holds)].filter(([field]) => isJob(field));
  const jobs = held.map(([local, hold]) => {
    const { lane = '', startedAt = 0 } = decodeHold(hold) ?? {};
    const type = lane.slice(1).replace('!', '');
    return { id: formatJobId(shard.queue, shard.number, local), type, startedAt };
  });
  const restarts = vitals.get('restarts');
  const lastDeath = vitals.get('lastDeath');
  return {
    id: String(id),
    name: field.get('name') ?? '?',
    host: field.get('host') ?? '?',
    pid: Number(field.get('pid') ?? 0),
    version: field.get('version') ?? '?',
    startedAt: Number(field.get('startedAt') ?? 0),
    heartbeatAt: Number(field.get('heartbeatAt') ?? 0),
    state: Number(deadline) < now ? 'missing' : stateOf(vitals.get('state')),
    slots: Number(field.get('slots') ?? 0),
    types: (field.get('types') ?? '').split(',').filter((type) => type !== ''),
    jobs: jobs.sort((a, b) => a.startedAt - b.startedAt),
    rssBytes: Number(vitals.get('rssBytes') ?? 0),
    ...(restarts === undefined ? {} : { restarts: Number(restarts) }),
    ...(lastDeath === undefined ? {} : { lastDeath: String(lastDeath) }),
  };
}

const stateOf = (state: unknown): WorkerView['state'] =>
  state === 'draining' || state === 'quiet' ? state : 'running';

function parseVitals(text: string | undefined): Map<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
  } catch {
    return new Map();
  }
}
