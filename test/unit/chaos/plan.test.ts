import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { planOf } from '../../chaos/mixed/plan.ts';
import { mutations } from '../../chaos/mutants/mutations.ts';
import { OptionError, parseOptions } from '../../chaos/options.ts';
import { scenarios } from '../../chaos/scenarios/all.ts';
import { durableBytes } from '../../chaos/world/disk-watch.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SIZE = { lengthMs: 600_000, workers: 4, producers: 2 };

describe('the schedule of a mixed run', () => {
  test('is the same for the same seed, and another one for another seed', () => {
    expect(planOf({ seed: 7, ...SIZE })).toEqual(planOf({ seed: 7, ...SIZE }));
    expect(planOf({ seed: 7, ...SIZE })).not.toEqual(planOf({ seed: 8, ...SIZE }));
  });

  test('begins alike when the run is longer', () => {
    const short = planOf({ seed: 7, ...SIZE, lengthMs: 60_000 });
    expect(planOf({ seed: 7, ...SIZE }).slice(0, short.length)).toEqual(short);
  });

  test('leaves an able worker: no worker is hit while it suffers, and never all of them one by one', () => {
    const sufferers = new Set(['freeze-worker', 'cut-worker', 'kill-worker', 'drain-worker', 'block-worker']);
    const plan = planOf({ seed: 3, ...SIZE }).filter(({ kind }) => sufferers.has(kind));
    for (const [at, { atMs, lastsMs, target }] of plan.entries()) {
      const during = plan.slice(at + 1).filter((other) => other.atMs < atMs + lastsMs);
      expect(during.every((other) => other.target !== target)).toBe(true);
      expect(new Set([target, ...during.map((other) => other.target)]).size).toBeLessThan(SIZE.workers + 1);
    }
  });

  test('draws every kind of fault', () => {
    expect(new Set(planOf({ seed: 1, ...SIZE }).map(({ kind }) => kind)).size).toBe(12);
  });
});

test('every mutation still finds what it changes, and a scenario that must see it', () => {
  for (const { edits, scenario } of mutations) {
    expect(scenarios.map(({ id }) => id)).toContain(scenario);
    for (const { file, from } of edits) expect(readFileSync(`${ROOT}/${file}`, 'utf8')).toMatch(from);
  }
});

test('an option that does not exist, or a number out of bounds, is refused with the rule', () => {
  expect(() => parseOptions(['--minute', '5'])).toThrow(/did you mean --minutes/);
  expect(() => parseOptions(['--minutes', '0'])).toThrow(OptionError);
  expect(() => parseOptions(['--seed'])).toThrow(/--seed needs a value/);
  expect(parseOptions(['--seed', '7', '--only=f08,mixed'])).toMatchObject({ seed: 7, only: ['F08', 'mixed'] });
});

test('what had reached the disk is what was written before the last fdatasync that came back had begun', () => {
  const trace = `
10 write(8, ""..., 100)              = 100
10 write(5, ""..., 999)              = 999
11 fdatasync(8 <unfinished ...>
10 write(8, ""..., 50)               = 50
11 <... fdatasync resumed>)          = 0
10 write(8, ""..., 7)                = 7
11 fdatasync(8 <unfinished ...>
10 +++ killed by SIGKILL +++`;
  expect(durableBytes(trace, '8')).toBe(100);
  expect(durableBytes(`${trace}\n12 fdatasync(8)              = 0`, '8')).toBe(157);
  expect(durableBytes('', '8')).toBe(0);
});
