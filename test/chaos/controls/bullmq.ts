import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Queue } from 'bullmq';
import type { JobState } from 'prodwork/job/job';
import { versionOf } from '../run-scenario.ts';
import type { Eyes, WorldOptions } from '../world/world.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** BullMQ's names for states, in ours. */
const STATES: Readonly<Record<string, JobState>> = {
  completed: 'completed',
  failed: 'dead',
  active: 'active',
  waiting: 'waiting',
  prioritized: 'waiting',
  delayed: 'scheduled',
};

/** A world whose producers and workers are plain BullMQ of this version, as its documentation shows them. */
export async function bullmqWorld(version: string): Promise<Partial<WorldOptions>> {
  const folder = install(version);
  return {
    engine: 'bullmq',
    env: { BULLMQ_FOLDER: folder },
    mains: { worker: 'test/chaos/controls/bullmq-worker.mjs', producer: 'test/chaos/controls/bullmq-producer.mjs' },
    eyes: (redisPort) => look(folder, redisPort),
  };
}

/** From the npm registry, once, into the project's ignored data folder. No install script is run. */
function install(version: string): string {
  const folder = join(ROOT, '.prodwork', 'chaos', `bullmq-${version}`);
  const isThere = (name: string): boolean => existsSync(join(folder, 'node_modules', name));
  if (isThere('bullmq') && isThere('ioredis')) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'commonjs' }));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', '--loglevel=error'];
  execFileSync(
    'npm',
    ['install', ...quiet, `bullmq@${version}`, `ioredis@${versionOf('packages/shared/node_modules/ioredis')}`],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  return folder;
}

async function look(folder: string, port: number): Promise<Eyes> {
  // The control's own copy, not the workspace's: types of a neighbouring version are close enough for four calls.
  const bullmq = createRequire(join(folder, 'package.json'))('bullmq') as typeof import('bullmq');
  const queue: Queue = new bullmq.Queue('default', { connection: { host: '127.0.0.1', port } });
  queue.on('error', () => {});
  return {
    async counts() {
      const { waiting = 0, active = 0, delayed = 0, prioritized = 0 } = await queue.getJobCounts();
      return { waiting: waiting + prioritized, active, scheduled: delayed };
    },
    jobs: (ids) =>
      Promise.all(
        ids.map(async (id) => {
          const job = await queue.getJob(id);
          if (!job) return undefined;
          return { id, state: STATES[await job.getState()] ?? 'waiting', payload: job.data };
        }),
      ),
    close: () => queue.close(),
  };
}
