/** `npm run bench`: see `--help`, and docs/benchmark.md for what it measures and how. */
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { findServerBinary, NoRedisError } from '../../compose/run/redis/find.ts';
import { machineProbes } from '../../compose/run/redis/probes.ts';
import { footprintPart } from './footprint/footprint-part.ts';
import { growthPart } from './growth/growth-part.ts';
import { historyPart } from './history-part.ts';
import { readOptions, USAGE, UsageError } from './options.ts';
import { peersPart, type Surroundings } from './peers-part.ts';
import { profileInto } from './process/child.ts';
import { republish } from './report/publish.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const options = readOptions(args, join(ROOT, 'docs'));
  if (options.from !== undefined) return republish(options.from, options.docs, ROOT);
  const redis = await findServerBinary(machineProbes(process.env, say));
  // Read by test/support/redis-server.ts, here and in the processes that this one starts.
  process.env.REDIS_SERVER_BIN = redis.path;
  if (options.profile !== undefined) await mkdir(options.profile, { recursive: true });
  profileInto(options.profile);
  let isStopping = false;
  // The run that is under way ends in order and takes its processes with it; a second signal ends this one at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      isStopping = true;
      say('stopping after this run');
    });
  }
  // Where a file lies on this machine is nobody's business: its name is enough to run the same again.
  const named = args.map((arg) => (arg.startsWith('/') ? basename(arg) : arg));
  const command = ['npm run bench', ...(named.length > 0 ? ['--', ...named] : [])].join(' ');
  const surroundings: Surroundings = { root: ROOT, command, say, isStopping: () => isStopping };
  switch (options.part) {
    case 'peers':
      return peersPart(options, surroundings);
    case 'growth':
      return growthPart(options, surroundings);
    case 'footprint':
      return footprintPart(options, surroundings);
    case 'history':
      return historyPart(options, surroundings);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof NoRedisError)) throw error;
  say(error.message);
  process.exitCode = error instanceof UsageError ? 64 : 1;
}
