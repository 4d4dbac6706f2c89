import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import type { Machine } from './report/results.ts';

export function machine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() || 'unknown CPU',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
  };
}

export function versions(): Readonly<Record<string, string>> {
  const redis = execFileSync(process.env.REDIS_SERVER_BIN ?? 'redis-server', ['--version'], { encoding: 'utf8' });
  const [, server = 'Redis', version = '?'] = /(Redis|Valkey) server v=(\S+)/.exec(redis) ?? [];
  const packages = ['prodwork', 'bullmq', 'bee-queue', 'groupmq', 'ioredis', 'fastify'];
  return {
    Node: process.versions.node,
    [server]: version,
    ...Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  };
}

/** From the package's manifest, found from where it is imported: not every package exports its manifest. */
function versionOf(name: string): string {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const path of paths) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(path, name, 'package.json'), 'utf8'));
      if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
    } catch {
      // not here
    }
  }
  return `? (${dirname(import.meta.url)})`;
}
