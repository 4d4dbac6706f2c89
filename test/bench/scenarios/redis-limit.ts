import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startRedis } from '../../support/redis-server.ts';
import { redisCost } from '../measure/redis-cost.ts';
import { REDIS_ARGS } from '../peers.ts';
import type { Scenario } from './scenario.ts';

const NAMES = ['redis-benchmark', 'valkey-benchmark'] as const;
const run = promisify(execFile);

/** What Redis can do at all: bare pairs of LPUSH and RPOP, 64 in a pipeline, 50 clients, as redis-benchmark drives them. */
export function redisLimit(program: string): Scenario {
  return {
    name: 'redis-limit',
    ids: ['cycles.limit'],
    systems: ['redis-benchmark'],
    seconds: 8,
    async run(_system, { sizes, note }) {
      const server = await startRedis(REDIS_ARGS);
      try {
        const redis = server.client();
        const before = await redisCost(redis);
        const pairs = sizes.benchmarkPairs;
        for (const command of ['lpush', 'rpop']) {
          const load = ['-t', command, '-n', String(pairs), '-d', '120', '-P', '64', '-c', '50', '-q'];
          await run(program, ['-h', '127.0.0.1', '-p', String(server.port), ...load]);
        }
        const { cpuMs } = await redisCost(redis);
        note('cycles.limit', (pairs / (cpuMs - before.cpuMs)) * 1000);
      } finally {
        await server.stop();
      }
    },
  };
}

/** The program's name on this machine, or undefined. */
export async function findRedisBenchmark(): Promise<string | undefined> {
  for (const name of NAMES) {
    const isThere = await run(name, ['--version']).then(
      () => true,
      () => false,
    );
    if (isThere) return name;
  }
  return undefined;
}
