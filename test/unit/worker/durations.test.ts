import { expect, test } from 'vitest';
import { createMetrics } from '../../../packages/worker/src/runtime/metrics.ts';

const linesOf = async (metrics: { text(): Promise<string> }, name: string): Promise<readonly string[]> =>
  (await metrics.text()).split('\n').filter((line) => line.includes(name));

test('durations are a Prometheus histogram: cumulative buckets by type, their sum and their count', async () => {
  const metrics = createMetrics(['report']);
  for (const durationMs of [1, 5, 6, 90_000, 3_600_000]) metrics.ran('report', durationMs);
  metrics.ran('planted by a stranger', 1);
  const lines = await linesOf(metrics, 'prodwork_job_duration_seconds');
  expect(lines).toContain('# TYPE prodwork_job_duration_seconds histogram');
  const bucket = (le: string, count: number) =>
    `prodwork_job_duration_seconds_bucket{le="${le}",type="report"} ${count}`;
  expect(lines).toEqual(
    expect.arrayContaining([
      bucket('0.005', 2),
      bucket('0.02', 3),
      bucket('60', 3),
      bucket('300', 4),
      bucket('+Inf', 5),
    ]),
  );
  expect(lines).toContain('prodwork_job_duration_seconds_sum{type="report"} 3690.012');
  expect(lines).toContain('prodwork_job_duration_seconds_count{type="report"} 5');
  expect(lines).toContain('prodwork_job_duration_seconds_count{type="other"} 1');
});

test('a wait before the clock of the submitter counts as none', async () => {
  const metrics = createMetrics(['report']);
  metrics.waited('report', -200);
  expect(await linesOf(metrics, 'wait_seconds_sum')).toEqual(['prodwork_job_wait_seconds_sum{type="report"} 0']);
});
