import type { ConsumerContext } from '../engine/consumer.ts';
import type { WorkerView } from '../engine/inspector.ts';
import { ProdworkError } from '../errors.ts';
import { type Connection, serverOf } from './connections.ts';
import { createScript, runScript } from './script.ts';

/**
 * The workers of one queue, for engines that keep no leases of their own: one hash, incarnation -> beat, name and view.
 *
 * KEYS[1] the hash. ARGV incarnation, name, view as JSON, lease in ms, an incarnation known to be gone (or '').
 * Reply `{'ok', now}` or `{'taken', incarnation}` when another living worker has the name. Cost: one pass over the hash.
 */
const beat = createScript(
  'roster-beat',
  `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local at, name = string.match(entries[i + 1], '^(%d+)\\n([^\\n]*)')
  local age = now - (tonumber(at) or 0)
  if entries[i] == ARGV[5] or age > 6 * tonumber(ARGV[4]) then
    redis.call('HDEL', KEYS[1], entries[i])
  elseif name == ARGV[2] and entries[i] ~= ARGV[1] and age <= tonumber(ARGV[4]) then
    return {'taken', entries[i]}
  end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d', now) .. '\\n' .. ARGV[2] .. '\\n' .. ARGV[3])
return {'ok', now}`,
);

export interface RosterOptions {
  readonly connection: Connection;
  readonly key: string;
  /** Without a beat for this long a worker counts as missing, ms. */
  readonly leaseMs: number;
}

/** The name of every connection of a worker: tells from outside whether that incarnation still lives. */
export const workerConnectionName = (prefix: string, incarnation: string): string => `${prefix}:w:${incarnation}`;

export class Roster {
  readonly #options: RosterOptions;

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  /**
   * Says that the worker lives.
   * @param connectionName how the connections of an incarnation are named: one whose connections are gone has died, and
   *   its name is free at once.
   * @throws ProdworkError `PRODWORK_WORKER_NAME_TAKEN`.
   */
  async beat(context: ConsumerContext, startedAt: number, connectionName: (id: string) => string): Promise<void> {
    const taker = await this.#tryBeat(context, startedAt, '');
    if (taker === undefined) return;
    const isGone = !(await this.#isConnected(connectionName(taker)));
    if (isGone && (await this.#tryBeat(context, startedAt, taker)) === undefined) return;
    const { name } = context.options;
    throw new ProdworkError('PRODWORK_WORKER_NAME_TAKEN', `another living worker is named ${name}`);
  }

  async leave(incarnation: string): Promise<void> {
    await this.#options.connection.hdel(this.#options.key, incarnation);
  }

  /** Every worker of late, without its jobs. */
  async list(): Promise<readonly WorkerView[]> {
    const { connection, key, leaseMs } = this.#options;
    const [entries, [seconds]] = await Promise.all([connection.hgetall(key), connection.time()]);
    return Object.entries(entries).flatMap(([id, entry]) => viewOf(id, entry, Number(seconds) * 1000, leaseMs));
  }

  async #tryBeat({ options, vitals }: ConsumerContext, startedAt: number, gone: string): Promise<string | undefined> {
    const { incarnation, name, host, pid, version, slots, types } = options;
    const { state, rssBytes, restarts, lastDeath } = vitals();
    const view = {
      host,
      pid,
      version,
      startedAt,
      state,
      slots,
      types: types.map(({ type }) => type),
      rssBytes,
      restarts,
      lastDeath,
    };
    const args = [incarnation, name, JSON.stringify(view), this.#options.leaseMs, gone];
    const reply = await runScript(this.#options.connection, beat, [this.#options.key], args);
    return Array.isArray(reply) && reply[0] === 'taken' ? String(reply[1]) : undefined;
  }

  /** Where the server does not let us look, only the lease can tell: then it counts as alive. */
  async #isConnected(name: string): Promise<boolean> {
    try {
      const server = await serverOf(this.#options.connection, this.#options.key);
      const clients = String(await server.client('LIST'));
      return clients.split('\n').some((line) => line.includes(` name=${name} `));
    } catch {
      return true;
    }
  }
}

function viewOf(id: string, entry: string, now: number, leaseMs: number): readonly WorkerView[] {
  const [at = '0', name = '', json = ''] = entry.split('\n');
  const heartbeatAt = Number(at);
  try {
    // Written by `tryBeat` above; whatever else stands there is not shown.
    const view = JSON.parse(json) as Omit<WorkerView, 'id' | 'name' | 'heartbeatAt' | 'jobs'>;
    const state = now - heartbeatAt > leaseMs ? 'missing' : view.state;
    return [{ ...view, id, name, heartbeatAt, state, jobs: [] }];
  } catch {
    return [];
  }
}
