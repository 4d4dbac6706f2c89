import { describe, expect, it } from 'vitest';
import { Figures } from '../../bench/figures.ts';
import { capacityPage, planFor } from '../../bench/report/capacity.ts';
import { measurementsOf, type Results } from '../../bench/report/results.ts';

function resultsOf(values: Readonly<Record<string, number>>): Results {
  const figures = new Figures();
  for (const [id, value] of Object.entries(values)) figures.add({ id, system: 'prodwork', round: 0, value });
  return {
    machine: { cpu: 'x', cores: 2, memoryGiB: 8, system: 'Linux' },
    versions: {},
    command: 'npm run bench',
    at: '2026-01-01T00:00:00.000Z',
    rounds: 1,
    isQuick: false,
    measurements: measurementsOf(figures),
    ratios: [],
    faults: [],
    leftOut: [],
  };
}

const FIGURES = {
  'cpu.redis': 0.6,
  'cpu.worker': 0.7,
  'cpu.load': 0.35,
  'memory.waiting': 200,
  'memory.completed': 400,
  'aof.enqueue': 150,
  'aof.drain': 250,
  'http.submit': 20_000,
};

describe('the plan for a million jobs a second', () => {
  it('follows from the figures of the run', () => {
    const plan = planFor(1_000_000, resultsOf(FIGURES));
    // 0.6 s of Redis for 100,000 jobs, 60 % of a core: 100,000 a second.
    expect(plan).toMatchObject({ shards: 10, workerCores: 10, submitCores: 5, producers: 72 });
    expect(plan?.perShard).toBeCloseTo(100_000, 3);
    expect(plan?.diskPerShard).toBeCloseTo(100_000 * 400, 3);
    expect(plan?.memoryPerShard).toBeCloseTo(100_000 * 60 * 200 + 10_000 * 400, 3);
  });

  it('needs more shards when a job costs Redis more', () => {
    expect(planFor(1_000_000, resultsOf({ ...FIGURES, 'cpu.redis': 1.2 }))?.shards).toBe(20);
  });

  it('is not written from a run that left figures out', () => {
    const { 'cpu.redis': _left, ...others } = FIGURES;
    expect(capacityPage(resultsOf(others))).toBeUndefined();
    expect(capacityPage(resultsOf(FIGURES))).toContain('| Shards | 10 |');
  });
});
