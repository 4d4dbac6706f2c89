/**
 * Every key of one shard of one queue. All carry the hash tag `{queue:shard}`, so that a shard lives in one Cluster
 * slot and one script can move a job anywhere inside it.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `meta` | hash | layout, oldest (layout that may work beside it), epoch (which data set this is), paused, turnSeq (turns given out), large (a record of more than 2 KiB was submitted), past (a job that has not ended, or a ghost, may have a trail) |
 * | `guard` | - | never exists: named by every script, so that none runs while the slot is being moved |
 * | `rec` | hash | job id -> record, written once |
 * | `st` | hash | job id -> trail; absent until a delivery has ended |
 * | `lane:<priority><type>[!]` | list | ids that wait, first in first out; `!` marks at-most-once types |
 * | `turn` | zset | lanes that are not empty, in the order in which they are served |
 * | `sched` | zset | id -> due time |
 * | `workers` | zset | incarnation -> lease deadline |
 * | `w:<incarnation>` | hash | who it is, its vitals, its last call numbers |
 * | `names` | hash | worker name -> incarnation |
 * | `hold:<incarnation>` | hash | id -> fence, start, delivery, attempt, lane (fence and lane alone for a first delivery); and `#`, which is no job (see `isJob`) |
 * | `in:<incarnation>` | list | claims and notices for a worker that waits |
 * | `idle` | zset | incarnation with free slots -> since when it waits, us |
 * | `completed` | list | ids, oldest first |
 * | `dead` `cancelled` `abandoned` | zset | id -> finish time |
 * | `keys`, `keysexp` | hash, zset | chosen ids and idempotency keys, and until when they are remembered |
 * | `progress` | hash | id -> what its handler last reported |
 * | `stat` | hash | totals |
 * | `unstored` | zset | finished jobs that the history has still to store -> finish time |
 * | `reopened` | hash | trails of generations that were reopened before they were stored |
 * | `upkeep` | string | the elected incarnation |
 */
export interface ShardKeys {
  readonly prefix: string;
  /** KEYS of every script: the one that exists and the one that never does. */
  readonly script: readonly [meta: string, guard: string];
  inbox(incarnation: string): string;
}

/**
 * Which layout a process knows. It migrates an older one when it opens it, and works on a newer one that still lets it:
 * so releases whose layouts are neighbours run side by side, and an update needs no pause.
 */
export interface Layout {
  readonly number: number;
  /** The oldest layout whose processes may work beside it. */
  readonly oldest: number;
}

/**
 * 2: `meta` names the oldest layout that may work beside it, and workers name theirs. 3: completed jobs stand in a list, and a
 * hold is a table.
 */
export const LAYOUT: Layout = { number: 3, oldest: 3 };

/** Whether a field of a hold is a job. One is not: its long value makes the hold a table, in which Redis finds a job at once. */
export const isJob = (field: string): boolean => field !== '#';

export function shardKeys(prefix: string, queue: string, shard: number): ShardKeys {
  const own = `${prefix}:{${queue}:${shard}}:`;
  return {
    prefix: own,
    script: [`${own}meta`, `${own}guard`],
    inbox: (incarnation) => `${own}in:${incarnation}`,
  };
}
