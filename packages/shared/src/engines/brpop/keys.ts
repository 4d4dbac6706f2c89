/**
 * Keys of this engine. The list has the plain name, so that anybody can push to it; the rest carries that name as its
 * hash tag, which puts all of a queue into one Cluster slot.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `<prefix>:brpop:<queue>` | list | entries: pushed at the left, popped at the right |
 * | `<prefix>:brpop:<queue>:malformed` | list | what could not be read, newest first, the last 1,000 |
 * | `{..}:active:<incarnation>` | hash | id -> record of what a worker runs; gone one lease after its last beat |
 * | `{..}:finished` | hash | id -> record of what has ended |
 * | `{..}:<final state>` | zset | id -> end in microseconds |
 * | `{..}:totals` | hash | counters, and the bytes of `finished` |
 * | `{..}:workers` | hash | the roster |
 * | `{..}:back:<id>:<delivery>` | string | a hand-back that was done, for a minute: a resent one is not done again |
 * | `<prefix>:brpop::queues` | set | names of queues |
 */
export interface BrpopKeys {
  readonly list: string;
  readonly malformed: string;
  readonly finished: string;
  readonly totals: string;
  readonly workers: string;
  active(incarnation: string): string;
  ended(state: string): string;
  back(local: string, delivery: number): string;
}

export function brpopKeys(prefix: string, queue: string): BrpopKeys {
  const list = `${prefix}:brpop:${queue}`;
  const tag = `{${list}}`;
  return {
    list,
    malformed: `${list}:malformed`,
    finished: `${tag}:finished`,
    totals: `${tag}:totals`,
    workers: `${tag}:workers`,
    active: (incarnation) => `${tag}:active:${incarnation}`,
    ended: (state) => `${tag}:${state}`,
    back: (local, delivery) => `${tag}:back:${local}:${delivery}`,
  };
}

export const queuesKey = (prefix: string): string => `${prefix}:brpop::queues`;
