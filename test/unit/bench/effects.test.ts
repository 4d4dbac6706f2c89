import { describe, expect, it } from 'vitest';
import { checkEffects, EffectError, effectFaults } from '../../bench/measure/effects.ts';
import { Tally } from '../../bench/process/tally.ts';

const counts = (...runs: number[]): Uint8Array => Uint8Array.from(runs);

describe('the count of effects', () => {
  it('is content when every job ran once, whichever worker ran it', () => {
    expect(effectFaults(4, [counts(1, 0, 0, 1), counts(0, 1, 1, 0)])).toMatchObject({
      lost: 0,
      repeated: 0,
      phantom: 0,
    });
    expect(() => checkEffects(4, [counts(1, 0, 0, 1), counts(0, 1, 1, 0)])).not.toThrow();
  });

  it('sees a job that did not run', () => {
    expect(() => checkEffects(3, [counts(1, 0, 1)])).toThrow(EffectError);
    expect(effectFaults(3, [counts(1, 0, 1)])).toMatchObject({ lost: 1, examples: [1] });
  });

  it('sees a job that ran twice, on one worker or on two', () => {
    expect(effectFaults(2, [counts(2, 1)])).toMatchObject({ repeated: 1, lost: 0, examples: [0] });
    expect(effectFaults(2, [counts(1, 1), counts(0, 1)])).toMatchObject({ repeated: 1, lost: 0, examples: [1] });
  });

  it('does not let a job that ran twice make up for one that was lost', () => {
    expect(effectFaults(2, [counts(2, 0)])).toMatchObject({ lost: 1, repeated: 1 });
  });

  it('sees a job that nobody submitted', () => {
    expect(effectFaults(1, [counts(1, 0, 1)])).toMatchObject({ phantom: 1, examples: [2] });
  });

  it('lets jobs wait where a run was stopped midway, and no more of them than do', () => {
    expect(effectFaults(4, [counts(1, 0, 0, 1)], 2)).toMatchObject({ lost: 0 });
    expect(effectFaults(4, [counts(1, 0, 0, 0)], 2)).toMatchObject({ lost: 1 });
  });

  it('says how many jobs it is about', () => {
    expect(() => checkEffects(3, [counts(1, 2, 0)])).toThrow('of 3 jobs 1 were lost, 1 ran more than once, 0 were');
  });
});

describe('the tally of a worker', () => {
  const payload = (n: number) => ({ n, at: 0, pad: '' });

  it('counts what the handlers ran, job by job', () => {
    const tally = new Tally(3, 3, 0);
    for (const n of [2, 0, 2]) tally.run(payload(n));
    const { counts: counted, moments } = tally.report();
    expect([...counted]).toEqual([1, 0, 2]);
    expect(moments).toHaveLength(3);
    expect(() => checkEffects(3, [counted])).toThrow('1 were lost, 1 ran more than once');
  });

  it('does not forget a job that ran 256 times', () => {
    const tally = new Tally(1, 300, 0);
    for (let run = 0; run < 257; run++) tally.run(payload(0));
    expect(() => checkEffects(1, [tally.report().counts])).toThrow(EffectError);
  });
});
