import { describe, expect, it } from 'vitest';
import { Figures } from '../../bench/figures.ts';
import { ratiosAgain } from '../../bench/report/publish.ts';
import { measurementsOf, ratiosOf } from '../../bench/report/results.ts';
import { shown } from '../../bench/report/table.ts';
import { reaches, TARGETS, targetOf } from '../../bench/targets.ts';

function figures(rows: readonly (readonly [string, 'prodwork' | 'bullmq' | 'fastify', readonly number[]])[]): Figures {
  const all = new Figures();
  for (const [id, system, values] of rows) {
    for (const [round, value] of values.entries()) all.add({ id, system, round, value });
  }
  return all;
}

describe('the results of the benchmark', () => {
  it('hold rates from above and costs from below', () => {
    const rate = targetOf('drain.p1.c100');
    const cost = targetOf('cpu.redis');
    if (rate === undefined || cost === undefined) throw new Error('no such target');
    expect([reaches(rate, 4, 4), reaches(rate, 3.99, 4)]).toEqual([true, false]);
    expect([reaches(cost, 0.2, 0.2), reaches(cost, 0.21, 0.2)]).toEqual([true, false]);
  });

  it('say of each promised ratio whether it holds', () => {
    const rows = ratiosOf(
      figures([
        ['enqueue.singles', 'prodwork', [80, 90, 100]],
        ['enqueue.singles', 'bullmq', [10, 10, 10]],
        ['drain.p1.c100', 'prodwork', [50]],
        ['drain.p1.c100', 'bullmq', [10]],
        ['memory.waiting', 'prodwork', [60]],
        ['memory.waiting', 'bullmq', [100]],
      ]),
    );
    expect(rows.map(({ id, against, ratio, reaches }) => ({ id, against, ratio, reaches }))).toEqual([
      { id: 'enqueue.singles', against: 'bullmq', ratio: 9, reaches: 'aim' },
      { id: 'drain.p1.c100', against: 'bullmq', ratio: 5, reaches: 'must' },
      { id: 'memory.waiting', against: 'bullmq', ratio: 0.6, reaches: 'neither' },
    ]);
  });

  it('hold the HTTP figure against the bare route, and show where BullMQ stands against it', () => {
    const rows = ratiosOf(
      figures([
        ['http.submit', 'prodwork', [70]],
        ['http.submit', 'fastify', [100]],
        ['http.submit', 'bullmq', [40]],
      ]),
    );
    const found = rows.map(({ system, against, ratio }) => `${system} ${against} ${ratio}`);
    expect(found).toEqual(['prodwork fastify 0.7', 'prodwork bullmq 1.75', 'bullmq fastify 0.4']);
  });

  it('hold ours against ours where the circumstances are what is compared', () => {
    const rows = ratiosOf(
      figures([
        ['drain.backlog1m', 'prodwork', [80]],
        ['drain.backlog50k', 'prodwork', [100]],
      ]),
    );
    expect(rows).toMatchObject([{ id: 'drain.backlog1m', against: 'drain.backlog50k', ratio: 0.8, reaches: 'must' }]);
  });

  it('are counted again when they are published from a file, unless a run is missing in it', () => {
    const measurements = measurementsOf(
      figures([
        ['enqueue.singles', 'prodwork', [40, 20, 30]],
        ['enqueue.singles', 'bullmq', [10, 5, 15]],
      ]),
    );
    const about = { machine: { cpu: '', cores: 2, memoryGiB: 1, system: '' }, versions: {}, command: '', at: '' };
    const results = { ...about, rounds: 3, isQuick: false, measurements, ratios: [], faults: [], leftOut: [] };
    expect(ratiosAgain(results)).toMatchObject([{ id: 'enqueue.singles', ratio: 4, reaches: 'must' }]);
    const fault = { scenario: 'cycle', system: 'bullmq', round: 1, message: 'lost a job' } as const;
    expect(ratiosAgain({ ...results, faults: [fault] })).toEqual([]);
  });

  it('show every run beside the median', () => {
    expect(measurementsOf(figures([['latency.p50', 'prodwork', [3, 1, 2]]]))).toEqual([
      { id: 'latency.p50', system: 'prodwork', value: 2, unit: 'ms', low: 1, high: 3, runs: [3, 1, 2] },
    ]);
  });

  it('refuse a figure that is no number', () => {
    expect(() => figures([['latency.p50', 'prodwork', [Number.NaN]]])).toThrow(RangeError);
  });

  it('have one target per id, and every promise has both bounds in order', () => {
    expect(new Set(TARGETS.map(({ id }) => id)).size).toBe(TARGETS.length);
    for (const target of TARGETS) {
      if (target.must === undefined || target.aim === undefined) continue;
      expect(reaches(target, target.aim, target.must), target.id).toBe(true);
    }
  });

  it('print three digits that count', () => {
    expect([0.01234, 1.5, 45.678, 456.7, 45_678].map(shown)).toEqual(['0.0123', '1.50', '45.7', '457', '45,700']);
  });
});
