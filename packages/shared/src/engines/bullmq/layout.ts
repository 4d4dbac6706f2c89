import { createHash } from 'node:crypto';
import type { Priority } from '../../job/job.ts';

/**
 * Where things are. The jobs are BullMQ's own, under BullMQ's own keys with the prefix `{<prefix>:bullmq}`: give that
 * prefix to a `Queue`, a `Worker` or Bull Board, and they work on the same jobs. What BullMQ has no place for stands
 * beside it:
 *
 * | where | holds |
 * |---|---|
 * | `<job>` hash, field `pw:fence` | the highest fence given out |
 * | `pw:log` | deliveries of this generation, one line each: number,attempt,worker,fence,startedAt[,endedAt,outcome,cause] |
 * | `pw:deliveries` `pw:attempts` `pw:deaths` `pw:generation` | counters |
 * | `pw:cancel` | a cancel of the running job was asked for |
 * | `pw:end` | JSON of how it ended: error code, evidence, `cancelled` |
 * | `<queue>:pw-cancelled` zset | ids among BullMQ's failed jobs that were cancelled |
 * | `<queue>:pw-totals` hash | counters |
 * | `<queue>:pw-workers` hash | the roster |
 * | `<queue>:pw-name:<hash>` string | a chosen id or key: state, id, digest of the body |
 * | `{<prefix>:bullmq}:pw-queues` set | names of queues |
 */
export interface QueueKeys {
  /** Key of anything of the queue, BullMQ's or ours. */
  readonly of: (name: string) => string;
  /** What BullMQ is given. */
  readonly prefix: string;
}

export const bullPrefix = (prefix: string): string => `{${prefix}:bullmq}`;
export const queuesKey = (prefix: string): string => `${bullPrefix(prefix)}:pw-queues`;

export function queueKeys(prefix: string, queue: string): QueueKeys {
  const own = bullPrefix(prefix);
  return { prefix: own, of: (name) => `${own}:${queue}:${name}` };
}

export const nameKey = (keys: QueueKeys, kind: 'id' | 'key', name: string): string =>
  keys.of(`pw-name:${createHash('sha256').update(`${kind} ${name}`).digest('base64url')}`);

/** BullMQ runs jobs without a priority first; ours begin at 1, so that all three have their own order. */
export const PRIORITY_NUMBER: { readonly [priority in Priority]: number } = { high: 1, normal: 2, low: 3 };

export function priorityOf(number: number): Priority {
  if (number <= 1) return 'high';
  return number === 2 ? 'normal' : 'low';
}

/** What of a job BullMQ's options carry for us. */
export interface OwnOptions {
  readonly timeoutMs?: number;
  /** Keys of the names that are to be remembered after its end. */
  readonly names?: readonly string[];
}
