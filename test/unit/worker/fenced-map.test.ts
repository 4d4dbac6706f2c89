import { FencedMap } from 'prodwork/job/fenced-map';
import { describe, expect, test } from 'vitest';

const delivery = (fence: number) => ({ claim: { fence } });

describe('what is kept for each delivery', () => {
  test('is found by job and fence, and by no other fence', () => {
    const map = new FencedMap<{ readonly claim: { readonly fence: number } }>();
    const first = delivery(1);
    map.add('a', first);
    expect(map.get('a', 1)).toBe(first);
    expect(map.get('a', 2)).toBeUndefined();
    expect(map.get('b', 1)).toBeUndefined();
  });

  test('stays apart when a job comes again while its last delivery is still there', () => {
    const map = new FencedMap<{ readonly claim: { readonly fence: number } }>();
    const [first, second] = [delivery(1), delivery(2)];
    map.add('a', first);
    map.add('a', second);
    expect([map.get('a', 1), map.get('a', 2), map.size]).toEqual([first, second, 2]);
    expect(map.values()).toEqual(expect.arrayContaining([first, second]));
    map.delete('a', first);
    expect([map.get('a', 1), map.get('a', 2), map.size]).toEqual([undefined, second, 1]);
    map.delete('a', second);
    expect(map.size).toBe(0);
  });

  test('is gone whichever of the two ends first', () => {
    const map = new FencedMap<{ readonly claim: { readonly fence: number } }>();
    const [first, second] = [delivery(1), delivery(2)];
    map.add('a', first);
    map.add('a', second);
    map.delete('a', second);
    expect([map.get('a', 1), map.get('a', 2), map.size]).toEqual([first, undefined, 1]);
    map.delete('a', first);
    expect(map.size).toBe(0);
  });
});
