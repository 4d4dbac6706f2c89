import { drainRate, workerCpuMsPerJob } from '../measure/drain-figures.ts';
import type { SystemName } from '../systems/system.ts';
import { forSystems, type RunContext, type Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

/** ms of CPU per job as CPU seconds per 100,000 jobs. */
const per100k = (msPerJob: number): number => msPerJob * 100;

/** The whole way of a job: submitted one by one, drained by one worker with 100 slots. What each part of it costs. */
export const cycle: Scenario = {
  name: 'cycle',
  ids: [
    ...['enqueue.singles', 'drain.p1.c100', 'cpu.redis', 'cpu.worker'],
    ...['cpu.redis.enqueue', 'cpu.redis.drain', 'cpu.load', 'aof.enqueue', 'aof.drain'],
  ],
  systems: ['prodwork', 'bullmq', 'prodwork-brpop', 'bee-queue', 'prodwork-bullmq', 'groupmq'],
  seconds: 7,
  run: forSystems(runCycle),
};

async function runCycle(system: SystemName, { sizes, note }: RunContext): Promise<void> {
  const stage = await Stage.open(system);
  try {
    const jobs = sizes.jobs('cycle', system);
    await stage.load();
    const before = await stage.cost();
    const submit = await stage.enqueue({ jobs, mode: 'singles' });
    const stored = await stage.cost();
    await stage.endLoad();
    const idle = await stage.cost();
    await stage.work({ workers: 1, concurrency: 100 }, jobs);
    await stage.effects(jobs);
    await stage.settled();
    const drained = await stage.cost();
    const reports = await stage.reports();

    const [submitMs, drainMs] = [(stored.cpuMs - before.cpuMs) / jobs, (drained.cpuMs - idle.cpuMs) / jobs];
    note('enqueue.singles', submit.perSecond);
    note('drain.p1.c100', drainRate(reports));
    note('cpu.load', per100k(submit.cpuMsPerJob));
    note('cpu.worker', per100k(workerCpuMsPerJob(reports)));
    note('cpu.redis.enqueue', per100k(submitMs));
    note('cpu.redis.drain', per100k(drainMs));
    note('cpu.redis', per100k(submitMs + drainMs));
    note('aof.enqueue', (stored.aofBytes - before.aofBytes) / jobs);
    note('aof.drain', (drained.aofBytes - idle.aofBytes) / jobs);
  } finally {
    await stage.close();
  }
}
