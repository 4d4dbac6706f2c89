import { expect, test } from 'vitest';
import { Seen } from '../../../packages/shared/src/engines/lease/seen.ts';

test('a claim that came is known when it is read back, also after thousands of others', () => {
  const seen = new Seen();
  expect(seen.has('a', 1)).toBe(false);
  expect(seen.isNew('a', 1)).toBe(true);
  for (let other = 0; other < 4_999; other++) seen.isNew(`other ${other}`, 1);
  expect(seen.has('a', 1)).toBe(true);
});

test('a claim that was read back is not new when its first copy comes after all', () => {
  const seen = new Seen();
  seen.noteReadBack('a', 1);
  expect(seen.isNew('a', 1)).toBe(false);
  expect(seen.has('a', 1)).toBe(true);
  expect(seen.isNew('b', 1)).toBe(true);
});

test('another fence is another claim, a smaller one too: a server that took over may have a clock behind', () => {
  const seen = new Seen();
  seen.noteReadBack('a', 9);
  expect(seen.has('a', 8)).toBe(false);
  expect(seen.isNew('a', 8)).toBe(true);
});

test('claims do not pile up for ever', () => {
  const seen = new Seen();
  seen.isNew('first', 1);
  for (let other = 0; other < 5_000; other++) seen.isNew(`other ${other}`, 1);
  expect(seen.has('first', 1)).toBe(false);
});
