import { expect, test } from 'vitest';
import { Seen } from '../../../packages/shared/src/engines/lease/seen.ts';

test('a claim that comes a second time is known, also after thousands of others', () => {
  const seen = new Seen();
  expect(seen.isNew('a', 1)).toBe(true);
  for (let other = 0; other < 5_000; other++) expect(seen.isNew(`other ${other}`, 1)).toBe(true);
  expect(seen.isNew('a', 1)).toBe(false);
  expect(seen.isNew('a', 2)).toBe(true);
});

test('claims do not pile up for ever', () => {
  const seen = new Seen();
  seen.isNew('first', 1);
  for (let other = 0; other < 10_001; other++) seen.isNew(`other ${other}`, 1);
  expect(seen.isNew('first', 1)).toBe(true);
});

test('a smaller fence is another claim: a server that took over may have a clock behind', () => {
  const seen = new Seen();
  seen.isNew('a', 9);
  expect(seen.isNew('a', 8)).toBe(true);
});
