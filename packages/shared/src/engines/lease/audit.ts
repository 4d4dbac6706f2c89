import type { Redis } from 'ioredis';
import { FINAL_STATES } from '../../job/job.ts';
import { isJob } from './keys.ts';
import { scripts } from './scripts.ts';
import type { Shard } from './shard.ts';

/** Things of one shard that are out of place; all zero on a healthy one. */
export interface Audit {
  /** Records in no state: jobs that nobody would ever run. */
  readonly strayJobs: number;
  /** Trails whose job is gone. */
  readonly orphanTrails: number;
  /** Members of a state, or progress reports, whose job is gone. */
  readonly orphanMembers: number;
  /** Holds, inboxes and worker hashes of incarnations that are not registered. */
  readonly orphanHolders: number;
}

const PAGE = 1_000;

/**
 * Reads a whole shard, page by page, and looks at everything that seems out of place once more in a script, since jobs
 * move meanwhile. With `mend` what is still out of place is put right. Cost: O(jobs), never more than a page at once.
 */
export async function auditShard(server: Redis, shard: Shard, mend: boolean): Promise<Audit> {
  const own = shard.keys.prefix;
  const confirm = async (...args: string[]): Promise<number> => {
    const [what = '', name = '', member = ''] = args;
    const [isOut] = await shard.run(scripts.mend, [what, name, member, mend ? 1 : 0]);
    return Number(isOut);
  };
  const inPlace = await idsInPlace(server, own);
  let strayJobs = 0;
  for await (const id of fields(server, `${own}rec`)) if (!inPlace.has(id)) strayJobs += await confirm('job', id);

  let orphanTrails = 0;
  let orphanMembers = 0;
  for await (const id of fields(server, `${own}st`)) {
    if ((await server.hexists(`${own}rec`, id)) === 0) orphanTrails += await confirm('trail', id);
  }
  for await (const id of fields(server, `${own}progress`)) {
    if ((await server.hexists(`${own}rec`, id)) === 0) orphanMembers += await confirm('member', 'progress', id);
  }
  for (const state of ['sched', ...FINAL_STATES]) {
    for await (const id of members(server, `${own}${state}`)) {
      if ((await server.hexists(`${own}rec`, id)) === 0) orphanMembers += await confirm('member', state, id);
    }
  }
  let orphanHolders = 0;
  for (const incarnation of await holders(server, own)) orphanHolders += await confirm('holder', incarnation);
  return { strayJobs, orphanTrails, orphanMembers, orphanHolders };
}

/** Every id that some state holds. */
async function idsInPlace(server: Redis, own: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for (const lane of await server.zrange(`${own}turn`, 0, '-1')) {
    for (let from = 0; ; from += PAGE) {
      const page = await server.lrange(`${own}lane:${lane}`, from, from + PAGE - 1);
      for (const id of page) ids.add(id);
      if (page.length < PAGE) break;
    }
  }
  for (const state of ['sched', ...FINAL_STATES]) {
    for await (const id of members(server, `${own}${state}`)) ids.add(id);
  }
  for (const incarnation of await server.zrange(`${own}workers`, 0, '-1')) {
    for (const id of await server.hkeys(`${own}hold:${incarnation}`)) if (isJob(id)) ids.add(id);
  }
  return ids;
}

async function* fields(server: Redis, key: string): AsyncGenerator<string> {
  let cursor = '0';
  do {
    const [next, flat] = await server.hscan(key, cursor, 'COUNT', PAGE);
    cursor = next;
    for (let at = 0; at < flat.length; at += 2) yield flat[at] ?? '';
  } while (cursor !== '0');
}

async function* members(server: Redis, key: string): AsyncGenerator<string> {
  const isList = key.endsWith(':completed');
  for (let from = 0; ; from += PAGE) {
    const to = from + PAGE - 1;
    const page = isList ? await server.lrange(key, from, to) : await server.zrange(key, from, String(to));
    yield* page;
    if (page.length < PAGE) return;
  }
}

async function holders(server: Redis, own: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  let cursor = '0';
  const pattern = `${own.replaceAll(/[{}*?[\]\\]/g, '\\$&')}*`;
  do {
    const [next, keys] = await server.scan(cursor, 'MATCH', pattern, 'COUNT', PAGE);
    cursor = next;
    for (const key of keys) {
      const incarnation = /^(?:hold|in|w):(.+)$/.exec(key.slice(own.length))?.[1];
      if (incarnation !== undefined) found.add(incarnation);
    }
  } while (cursor !== '0');
  return found;
}
