import type { Claim } from '../../engine/consumer.ts';
import { claimOf, type Hold, hasFreeSlot } from './hold.ts';
import { claim, giveBack, promote } from './moves.ts';
import type { QueueStore } from './queue-store.ts';

/** Everything that time does to a queue: renews the living, reaps the frozen, promotes what is due, prunes. */
export function sweep(queue: QueueStore): void {
  const now = queue.now();
  for (const hold of [...queue.holds.values()]) {
    if (hold.condition === 'alive') hold.renewedAt = now;
    else if (hold.renewedAt + queue.leaseMs <= now) reap(queue, hold, 'crashed', 'LEASE_EXPIRED');
  }
  const due = [...queue.scheduled].filter(({ runAt }) => (runAt ?? 0) <= now);
  due.sort((a, b) => (a.runAt ?? 0) - (b.runAt ?? 0) || a.seq - b.seq);
  for (const job of due) promote(queue, job);
  queue.prune();
}

/** Takes back what a worker had in hand, oldest to the front. */
export function reap(queue: QueueStore, hold: Hold, outcome: 'released' | 'crashed', cause: string): void {
  for (const job of [...hold.jobs.values()].reverse()) giveBack(queue, job, outcome, cause);
  hold.jobs.clear();
  queue.holds.delete(hold.context.options.incarnation);
}

/** Hands what waits to workers with free slots, one job each in turn, and tells each worker its jobs in one call. */
export function handOver(queue: QueueStore): void {
  if (queue.isPaused) return;
  const given = new Map<Hold, Claim[]>();
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    for (const hold of queue.holds.values()) {
      const id = hasFreeSlot(hold) ? queue.lanes.take(hold.types) : undefined;
      const job = id === undefined ? undefined : queue.jobs.get(id);
      if (!job) continue;
      claim(queue, job, hold.context.options.name);
      hold.jobs.set(job.id, job);
      given.set(hold, [...(given.get(hold) ?? []), claimOf(job)]);
      isMoving = true;
    }
  }
  for (const [hold, claims] of given) hold.context.events.onClaims(claims);
}

/** When `sweep` has something to do next, epoch ms; undefined when nothing is pending. */
export function nextSweepAt(queue: QueueStore): number | undefined {
  const times = [...queue.scheduled].map(({ runAt }) => runAt ?? 0);
  for (const hold of queue.holds.values()) {
    if (hold.condition === 'frozen') times.push(hold.renewedAt + queue.leaseMs);
  }
  return times.length === 0 ? undefined : times.reduce((least, time) => Math.min(least, time));
}
