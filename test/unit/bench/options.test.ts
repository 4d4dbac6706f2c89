import { describe, expect, it } from 'vitest';
import { readOptions, UsageError } from '../../bench/options.ts';
import { Progress } from '../../bench/progress.ts';
import { sizesOf } from '../../bench/sizes.ts';
import { KEEP, SYSTEM_NAMES } from '../../bench/systems/system.ts';

const read = (...args: string[]) => readOptions(args, 'docs');

describe('the options of the benchmark', () => {
  it('are five rounds of everything by default, and the page is written', () => {
    expect(read()).toMatchObject({ part: 'peers', isQuick: false, rounds: 5, only: [], docs: 'docs' });
  });

  it('leave the page alone when only a part was measured', () => {
    for (const part of [['--quick'], ['--only', 'cpu.redis'], ['--systems', 'bullmq'], ['--no-docs']]) {
      expect(read(...part).docs, part[0]).toBeUndefined();
    }
    expect(read('--quick', '--docs', 'elsewhere').docs).toBe('elsewhere');
  });

  it('name what they do not understand', () => {
    for (const args of [['--fast'], ['--rounds', '0'], ['--rounds', 'many'], ['--growth', '--footprint'], ['file']]) {
      expect(() => read(...args), args.join(' ')).toThrow(UsageError);
    }
  });
});

describe('the sizes of the runs', () => {
  it('are well past what is kept, so that trimming is part of every full drain', () => {
    for (const system of SYSTEM_NAMES) expect(sizesOf(false).jobs('cycle', system)).toBeGreaterThanOrEqual(2 * KEEP);
  });
});

describe('the estimate of the time left', () => {
  it('is what steps of the same kind took, and for the others what was expected in proportion', () => {
    const step = (kind: string, seconds: number) => ({ label: kind, kind, seconds });
    const progress = new Progress([step('a', 2), step('b', 4), step('a', 2), step('b', 4)], () => {});
    expect(progress.secondsLeft).toBe(12);
    progress.end(4);
    expect(progress.secondsLeft).toBe(8 + 4 + 8);
    progress.end(5);
    expect(progress.secondsLeft).toBe(4 + 5);
  });

  it('is said before each step, with the step', () => {
    const lines: string[] = [];
    const progress = new Progress([{ label: 'round 1  cycle', kind: 'x', seconds: 240 }], (line) => lines.push(line));
    progress.begin();
    expect(lines).toEqual([expect.stringMatching(/^\[1\/1\] round 1 {2}cycle +4 min left$/)]);
  });
});
