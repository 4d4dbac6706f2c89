import { profileInto } from './process/child.ts'; profileInto(process.env.PROF || undefined);
import { drainRate, workerCpuMsPerJob } from './measure/drain-figures.ts';
import { Stage } from './scenarios/stage.ts';

const [sys = 'prodwork', c = '1', jobs = '30000', workers = '1', workMs = '0'] = process.argv.slice(2);
const stage = await Stage.open(sys as never);
try {
  const n = Number(jobs);
  await stage.enqueue({ jobs: n, mode: 'bulk' });
  await stage.endLoad();
  const redis = stage.redis();
  await redis.config('RESETSTAT');
  const before = await stage.cost();
  await stage.work({ workers: Number(workers), concurrency: Number(c), workMs: Number(workMs) }, n);
  await stage.effects(n);
  await stage.settled();
  const after = await stage.cost();
  const reports = await stage.reports();
  const info = String(await redis.info('commandstats'));
  console.log(
    `${sys} c${c}: ${Math.round(drainRate(reports))}/s worker ${(workerCpuMsPerJob(reports) * 1000).toFixed(1)} us/job redis ${(((after.cpuMs - before.cpuMs) / n) * 1000).toFixed(1)} us/job`,
  );
  console.log(
    info
      .split('\n')
      .filter((l) => /evalsha|fcall|blmpop|bzpop|client/.test(l))
      .join('\n'),
  );
  if (process.env.CALLS) console.log(info);
} finally {
  await stage.close();
}
