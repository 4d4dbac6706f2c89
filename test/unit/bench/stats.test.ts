import { describe, expect, it } from 'vitest';
import { median, percentile, ratioOf, spread, steadyRate } from '../../bench/measure/stats.ts';

describe('the statistics of the benchmark', () => {
  it('take the middle value, however the runs are ordered', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 1, 2, 100])).toBe(6);
    expect(median([7])).toBe(7);
  });

  it('are not moved by one run that went wrong', () => {
    expect(median([100, 101, 99, 100, 1])).toBe(100);
  });

  it('take the smallest value that the share does not exceed', () => {
    const values = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect(percentile(values, 0.5)).toBe(50);
    expect(percentile(values, 0.99)).toBe(99);
    expect(percentile(values, 1)).toBe(100);
    expect(percentile([3], 0.01)).toBe(3);
  });

  it('show the spread as the lowest and the highest run', () => {
    expect(spread([4, 2, 8])).toEqual({ low: 2, high: 8 });
  });

  it('have no figure for no runs', () => {
    for (const figure of [median, spread, (none: number[]) => percentile(none, 0.5)]) {
      expect(() => figure([])).toThrow(RangeError);
    }
  });

  it('divide the medians, and show the ratios within single rounds', () => {
    expect(ratioOf([40, 80, 60], [10, 10, 20])).toEqual({ ratio: 6, low: 3, high: 8 });
  });

  it('leave a round out of the spread when one side of it failed', () => {
    expect(ratioOf([40, undefined, 60], [10, 10, undefined])).toEqual({ ratio: 5, low: 4, high: 4 });
    expect(ratioOf([undefined], [10])).toBeUndefined();
  });

  it('count a rate from the end of the warm-up to the last moment', () => {
    // Ten slow jobs, then forty at one a millisecond.
    const slow = Array.from({ length: 10 }, (_, at) => at * 100);
    const steady = Array.from({ length: 40 }, (_, at) => 1000 + at);
    expect(steadyRate(Float64Array.from([...steady, ...slow]), 0.2)).toBeCloseTo(1000, 6);
    expect(() => steadyRate(Float64Array.of(1), 0.2)).toThrow(RangeError);
  });
});
