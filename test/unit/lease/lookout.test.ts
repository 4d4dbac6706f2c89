import { Lookout } from 'prodwork/engines/lease/lookout';
import { beforeEach, describe, expect, test } from 'vitest';

const WORKERS = ['one', 'two', 'three'];
const ALL = new Set(WORKERS);
const WITHOUT_TWO = new Set(['one', 'three']);

describe('who is dead, judged from looks at the list of connections', () => {
  let lookout: Lookout;
  let now: number;
  beforeEach(() => {
    lookout = new Lookout();
    now = 100_000;
  });

  /** Looks as soon as the next look is due. */
  const look = (connected: ReadonlySet<string>): readonly string[] => {
    now += lookout.dueIn(now);
    return lookout.look(now, WORKERS, (one) => connected.has(one));
  };
  /** How many such looks it takes until somebody is dead. */
  const looksUntilDead = (connected: ReadonlySet<string>): number => {
    for (let looks = 1; looks < 100; looks += 1) {
      const dead = look(connected);
      if (dead.length === 0) continue;
      expect(dead).toEqual(['two']);
      return looks;
    }
    throw new Error('nobody was found dead');
  };

  test('missing at one look could be a reconnect, at two in a row it is dead', () => {
    expect(look(WITHOUT_TWO)).toEqual([]);
    expect(look(ALL)).toEqual([]);
    expect(looksUntilDead(WITHOUT_TWO)).toBe(2);
  });

  test('two looks are never so close that a reset connection could not be made again between them', () => {
    look(ALL);
    expect(lookout.dueIn(now)).toBeGreaterThanOrEqual(400);
    expect(lookout.dueIn(now + 10_000)).toBe(0);
  });

  test('seen since our own connection was made, then missing: dead at once, however young our own is', () => {
    lookout.connected(now);
    look(ALL);
    expect(looksUntilDead(WITHOUT_TWO)).toBe(2);
  });

  test('not seen since our own connection was made: it has two seconds to make its own', () => {
    lookout.connected(now);
    const connectedAt = now;
    looksUntilDead(WITHOUT_TWO);
    expect(now - connectedAt).toBeGreaterThanOrEqual(2_000);
    expect(now - connectedAt).toBeLessThan(2_800);
  });

  test('what was seen before our connection was reset proves nothing any more', () => {
    look(ALL);
    lookout.connected(now);
    expect(looksUntilDead(WITHOUT_TWO)).toBeGreaterThan(2);
  });

  test('resets that go on hide no death: the living show between them', () => {
    const began = now;
    let dead: readonly string[] = [];
    while (dead.length === 0 && now < began + 60_000) {
      lookout.connected(now);
      dead = look(WITHOUT_TWO);
    }
    expect(dead).toEqual(['two']);
    expect(now - began).toBeLessThan(3_000);
  });

  test('a worker that makes its connection anew between the resets is never dead', () => {
    for (let round = 0; round < 50; round += 1) {
      lookout.connected(now);
      for (const connected of [WITHOUT_TWO, WITHOUT_TWO, ALL]) expect(look(connected)).toEqual([]);
    }
  });

  test('an elected one that let its term run out and is missing is dead at the first look', () => {
    lookout.silent('two');
    expect(look(WITHOUT_TWO)).toEqual(['two']);
  });

  test('an elected one that let its term run out and is still connected only was slow', () => {
    lookout.silent('two');
    expect(look(ALL)).toEqual([]);
    expect(looksUntilDead(WITHOUT_TWO)).toBe(2);
  });

  test('nor is it dead at the first look when everybody reconnects', () => {
    lookout.connected(now);
    lookout.silent('two');
    expect(look(WITHOUT_TWO)).toEqual([]);
  });

  test('looks of two turns as the elected one are not in a row', () => {
    look(WITHOUT_TWO);
    lookout.interrupted();
    expect(look(WITHOUT_TWO)).toEqual([]);
    expect(look(WITHOUT_TWO)).toEqual(['two']);
  });
});
