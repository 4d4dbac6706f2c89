import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario } from '../stage.ts';
import { MemoryLimit } from '../world/cgroup.ts';
import { gone, inHand, movedAway } from './acts.ts';

const LIMIT_BYTES = 400 * 1024 * 1024;
const NAME = 'worker-1';

let limit: MemoryLimit | undefined;

export const memoryLimit: Scenario = {
  id: 'F23',
  title: 'worker killed by its memory limit',
  skip: () => {
    limit = MemoryLimit.make(LIMIT_BYTES);
    return limit ? undefined : 'needs the right to make a memory cgroup';
  },
  world: { workerEnv: (name) => (name === NAME ? {} : { WORKER_TYPES: 'work' }) },
  async run(stage) {
    const { world } = stage;
    const { process: worker } = world.worker(NAME);
    limit?.add(worker.pid ?? 0);
    // A heartbeat that knows the limit.
    await wait(4_000);
    const id = await world.load.place({ type: 'harm', payload: { how: 'memory', ms: 0 } });
    const fault = stage.fault(
      'F23',
      `a job takes the memory of ${NAME} up to its limit of ${LIMIT_BYTES / 1024 / 1024} MiB`,
    );
    const diedMs = await gone(stage, NAME, fault.at, 60_000);
    const signal = world.lives.find(({ name, to }) => name === NAME && to)?.death?.signal;
    stage.check('killed by the kernel', signal === 'SIGKILL', signal, 'SIGKILL');
    const diedAt = fault.at + (diedMs ?? 0);
    const victims = world.remainsOf(NAME).filter((one) => one.id !== id);
    fault.until = diedAt;
    const movedMs = await movedAway(
      stage,
      diedAt,
      victims.map((one) => one.id),
      'nobody',
      20_000,
    );
    if (movedMs !== undefined) fault.recoveredMs = movedMs;
    stage.atMost('death to the next start of its last job', movedMs, 3_000, diedAt);
    await stage.timeUntil(
      diedAt,
      30_000,
      async () => (await world.inspector.job(id, 'default'))?.state === 'completed',
    );
    const job = await world.inspector.job(id, 'default');
    stage.check(
      'cause of the first delivery',
      job?.deliveries[0]?.cause === 'oom-suspected',
      job?.deliveries[0]?.cause,
      'oom-suspected',
    );
    stage.check('the job in the end', job?.state === 'completed', job?.state, 'completed elsewhere');
    await inHand(stage, NAME);
  },
  tidy: async () => limit?.remove(),
};
