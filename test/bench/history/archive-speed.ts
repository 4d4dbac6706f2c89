import type { HistoryLab } from '../../support/history-lab.ts';
import { until } from '../../support/until.ts';
import type { Measurement } from './page.ts';

const LONG_MS = 30 * 60_000;

/** Finished jobs wait in Redis; then an archiver starts. What is timed ends when Redis has nothing left to hand over. */
export async function archiveSpeed(lab: HistoryLab, jobs: number): Promise<readonly Measurement[]> {
  const source = lab.source();
  await source.start();
  await source.keep({ backlogMaxBytes: 1024 ** 4, isStrict: false });
  await lab.worker();
  const payloadJson = JSON.stringify({ customer: 'customer-1234567', items: ['green lamp', 'desk'], total: 1234.5 });
  for (let left = jobs; left > 0; left -= 1_000) {
    await Promise.all(Array.from({ length: Math.min(1_000, left) }, () => lab.submit({ payloadJson })));
  }
  await until('all finished', async () => (await source.backlog()).jobs === jobs, LONG_MS);
  const { bytes } = await source.backlog();
  const startedAt = performance.now();
  await lab.archiver().start();
  await until('all stored', async () => (await source.backlog()).jobs === 0, LONG_MS);
  const seconds = (performance.now() - startedAt) / 1_000;
  await source.stop();
  const stored = await lab.stored();
  if (stored !== jobs) throw new Error(`${stored} of ${jobs} jobs are in the history`);
  return [
    {
      id: 'history.archive',
      value: Math.round(jobs / seconds),
      unit: 'jobs/s',
      detail: 'Redis to Postgres, one archiver',
    },
    { id: 'history.backlog', value: Math.round(bytes / jobs), unit: 'bytes/job', detail: 'waiting in Redis' },
  ];
}
