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

  it('take the ratios within single rounds, and their median', () => {
    // The second round was half as fast for both: the quotient of the medians would be 3.
    expect(ratioOf([40, 20, 30], [10, 5, 15])).toEqual({ ratio: 4, low: 2, high: 4 });
  });

  it('leave a round out when one side of it failed, and divide the medians where no round has both', () => {
    expect(ratioOf([40, undefined, 60], [10, 10, undefined])).toEqual({ ratio: 4, low: 4, high: 4 });
    expect(ratioOf([40, undefined], [undefined, 10])).toEqual({ ratio: 4, low: 4, high: 4 });
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
