import type { Redis } from 'ioredis';
import { closeConnection, createConnection, keepConnected, serverOf, whenReady } from '../../redis/connections.ts';
import { judge } from '../../redis/safety.ts';
import { auditShard } from './audit.ts';
import { DataSets, queuesKey, Shard } from './shard.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly level: 'ok' | 'warning' | 'problem';
  readonly what: string;
}

export interface ExamineOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  /** Put right what can be put right. */
  readonly mend: boolean;
}

/** Clocks further apart than this make times on pages look wrong, ms. Nothing in the engine depends on it. */
const SKEW_MS = 5_000;
const MEMORY_SHARE = 0.8;
/** Commands that the application's user should not have. */
const TOO_POWERFUL = ['FLUSHALL', 'CONFIG|SET', 'DEBUG', 'KEYS'];

/** Examines a live Redis, and every queue in it. @throws ProdworkError `QUEUE_UNAVAILABLE` when it does not answer. */
export async function examine({ redisUrl, prefix, mend }: ExamineOptions): Promise<readonly Finding[]> {
  const connection = createConnection(redisUrl, { name: `${prefix}:doctor`, silenceMs: 10_000 });
  keepConnected(connection);
  try {
    await whenReady(connection, 5_000);
    const queues = await connection.smembers(queuesKey(prefix));
    const findings: Finding[] = [];
    findings.push(...(await examineServer(await serverOf(connection, queuesKey(prefix)))));
    if (queues.length === 0) findings.push({ level: 'warning', what: `no queue under the prefix ${prefix}` });
    for (const queue of queues.sort()) {
      const shard = new Shard(connection, new DataSets(), prefix, queue, 0);
      const server = await serverOf(connection, shard.keys.script[0]);
      findings.push(...describe(queue, await auditShard(server, shard, mend), mend));
    }
    return findings;
  } finally {
    closeConnection(connection);
  }
}

async function examineServer(server: Redis): Promise<readonly Finding[]> {
  const info = await server.info();
  const { server: kind, version, problems, warnings, fsyncFault } = judge(info);
  const findings: Finding[] = [{ level: 'ok', what: `${kind} ${version}` }];
  findings.push(...problems.map((what): Finding => ({ level: 'problem', what })));
  findings.push(...warnings.map((what): Finding => ({ level: 'warning', what })));
  if (fsyncFault !== undefined) findings.push({ level: 'warning', what: `${fsyncFault}: it would be refused` });
  findings.push(memory(info), await clock(server), ...(await rights(server)));
  return findings;
}

function memory(info: string): Finding {
  const field = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  const used = field('used_memory');
  const limit = field('maxmemory');
  const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
  if (limit === 0)
    return { level: 'warning', what: `no maxmemory (${mib(used)} used): the machine's memory is the limit` };
  const what = `${mib(used)} of ${mib(limit)} memory used`;
  return { level: used > limit * MEMORY_SHARE ? 'warning' : 'ok', what };
}

async function clock(server: Redis): Promise<Finding> {
  const before = Date.now();
  const [seconds = 0, micros = 0] = (await server.time()).map(Number);
  const skew = Math.round(seconds * 1000 + micros / 1000 - (before + Date.now()) / 2);
  if (Math.abs(skew) < SKEW_MS) return { level: 'ok', what: 'the clock agrees with this machine' };
  return {
    level: 'warning',
    what: `the clock is ${Math.abs(skew)} ms ${skew > 0 ? 'ahead of' : 'behind'} this machine`,
  };
}

async function rights(server: Redis): Promise<readonly Finding[]> {
  const user = await server.call('ACL', 'WHOAMI').catch(() => undefined);
  const listed = await server.client('LIST').then(
    (): Finding => ({ level: 'ok', what: 'CLIENT LIST is permitted: a killed worker is noticed at once' }),
    (): Finding => ({
      level: 'warning',
      what: 'CLIENT LIST is denied: a killed worker is noticed when its lease expires',
    }),
  );
  if (typeof user !== 'string') return [listed];
  const allowed: string[] = [];
  for (const command of TOO_POWERFUL) {
    const args = command.split('|');
    const verdict = await server
      .call('ACL', 'DRYRUN', user, ...args, ...(args.length > 1 ? ['save', ''] : []))
      .catch(() => 'unknown');
    if (verdict === 'OK') allowed.push(command.replace('|', ' '));
  }
  if (allowed.length === 0) return [listed];
  return [
    listed,
    { level: 'warning', what: `the user ${user} may run ${allowed.join(', ')}: give the application one that may not` },
  ];
}

function describe(queue: string, audit: Awaited<ReturnType<typeof auditShard>>, mend: boolean): readonly Finding[] {
  const words: { readonly [key in keyof typeof audit]: string } = {
    strayJobs: 'jobs in no state',
    orphanTrails: 'trails of jobs that are gone',
    orphanMembers: 'entries of jobs that are gone',
    orphanHolders: 'holds of workers that are gone',
  };
  const found = (Object.keys(words) as (keyof typeof audit)[]).filter((key) => audit[key] > 0);
  if (found.length === 0) return [{ level: 'ok', what: `queue ${queue}: everything is in its place` }];
  return found.map((key) => ({
    level: mend ? 'warning' : 'problem',
    what: `queue ${queue}: ${audit[key]} ${words[key]}${mend ? ', mended' : '; --mend puts them right'}`,
  }));
}
