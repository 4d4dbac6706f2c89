import type { Redis } from 'ioredis';

/** What INFO says of a server, and what it means for jobs. */
export interface SafetyReport {
  readonly server: 'redis' | 'valkey';
  readonly version: string;
  readonly uptimeSeconds: number;
  /** Each one would lose jobs: readiness stays red. */
  readonly problems: readonly string[];
  /** The first of the problems that only a person can mend: a process refuses to start. */
  readonly refusal?: string;
  /** Said once in the log. */
  readonly warnings: readonly string[];
  /** Why nothing here could wait for the disk; absent where WAITAOF can: Redis 7.2 or later, every Valkey, with AOF on. */
  readonly fsyncFault?: string;
}

/**
 * The release of each line that mends the known holes of its Lua engine (CVE-2025-49844: a script could run code in the
 * server). For 7.0 its makers stopped before that; distributions mend it under the same number.
 */
const MENDED: { readonly [server in SafetyReport['server']]: Readonly<Record<string, number>> } = {
  redis: { '7.0': 12, '7.2': 11, '7.4': 6, '8.0': 4, '8.2': 2 },
  valkey: { '8.0': 6, '8.1': 4 },
};

/** Reads INFO and judges it. The policy comes from INFO, since managed servers refuse CONFIG. */
export async function checkSafety(redis: Redis): Promise<SafetyReport> {
  return judge(await redis.info());
}

export function judge(info: string): SafetyReport {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const valkey = field('valkey_version');
  const server = valkey === undefined ? 'redis' : 'valkey';
  const version = valkey ?? field('redis_version') ?? '0.0.0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const problems: string[] = [];
  const warnings: string[] = [];

  if (server === 'redis' && major < 7) problems.push(`Redis ${version} is too old: 7.0 or later is needed`);
  if (server === 'valkey' && major < 8) problems.push(`Valkey ${version} is too old: 8.0 or later is needed`);
  const policy = field('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    problems.push(`maxmemory-policy is ${policy}: Redis would delete jobs to make room; set it to noeviction`);
  }
  // What follows may mend itself; what stands so far does not.
  const [refusal] = problems;
  if (field('role') === 'slave') problems.push('this server is a read-only replica');
  if (field('aof_enabled') === '0') {
    const snapshots = field('rdb_saves') ?? '0';
    warnings.push(
      `the append-only file is off (snapshots so far: ${snapshots}): a crash of Redis loses what came after the last snapshot`,
    );
  }
  if (field('aof_last_write_status') === 'err') problems.push('Redis cannot write its append-only file (disk full?)');
  const mended = MENDED[server][`${major}.${minor}`];
  if (mended !== undefined && Number(version.split('.')[2] ?? 0) < mended) {
    const whose = server === 'redis' ? 'Redis' : 'Valkey';
    warnings.push(
      `${whose} ${version} has known holes in its Lua engine: ${major}.${minor}.${mended} or later mends them`,
    );
  }
  const hasWaitAof = server === 'valkey' || major > 7 || (major === 7 && minor >= 2);
  const fault = !hasWaitAof
    ? `QUEUE_DURABILITY=fsync needs Redis 7.2 or later; this is ${version}`
    : field('aof_enabled') === '0'
      ? 'QUEUE_DURABILITY=fsync needs the append-only file, which is off'
      : undefined;
  return {
    server,
    version,
    uptimeSeconds: Number(field('uptime_in_seconds') ?? 0),
    problems,
    ...(refusal === undefined ? {} : { refusal }),
    warnings,
    ...(fault === undefined ? {} : { fsyncFault: fault }),
  };
}
