import type { QueueView } from '../../engine/inspector.ts';
import { decodeHeader } from './record.ts';
import { decodeTrail } from './trail.ts';

/** Pairs `name, value, name, value ...`, as HGETALL sends them. */
export function pairs(list: unknown): Map<string, string> {
  const map = new Map<string, string>();
  if (!Array.isArray(list)) return map;
  for (let at = 0; at + 1 < list.length; at += 2) map.set(String(list[at]), String(list[at + 1]));
  return map;
}

/** Reads the reply of the `census` script. */
export function decodeCensus(name: string, reply: readonly unknown[]): QueueView {
  const [, , paused] = reply;
  const [jobs = 0, scheduled = 0, completed = 0, dead = 0, cancelled = 0, abandoned = 0, active = 0, now = 0] = reply
    .slice(3, 11)
    .map(Number);
  const totals = pairs(reply[11]);
  const total = (field: string): number => Number(totals.get(field) ?? 0);
  const waiting = jobs - scheduled - completed - dead - cancelled - abandoned - active;
  return {
    name,
    isPaused: String(paused) !== '',
    counts: { blocked: 0, scheduled, waiting, active, completed, dead, cancelled, abandoned },
    oldestWaitingMs: waiting === 0 ? 0 : Math.max(0, now - oldestSince(reply[12], now)),
    totals: {
      submitted: total('submitted'),
      completed: total('completed'),
      failedAttempts: total('failedAttempts'),
      dead: total('dead'),
      redelivered: total('redelivered'),
    },
  };
}

/** Since when the first job of any lane has waited: from its submit, its due time, or the end of its last delivery. */
function oldestSince(lanes: unknown, now: number): number {
  let oldest = now;
  if (!Array.isArray(lanes)) return oldest;
  for (let at = 0; at + 3 < lanes.length; at += 4) {
    const header = decodeHeader(String(lanes[at + 2]));
    if (header === undefined) continue;
    const last = decodeTrail(String(lanes[at + 3])).deliveries.at(-1);
    oldest = Math.min(oldest, Math.max(header.createdAt, header.runAt ?? 0, last?.endedAt ?? 0));
  }
  return oldest;
}
