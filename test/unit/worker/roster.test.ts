import fc from 'fast-check';
import { Roster } from 'prodwork/job/roster';
import { expect, test } from 'vitest';

test('a roster holds what was added and not removed, in whichever order that happens', () => {
  const steps = fc.array(fc.record({ isAdd: fc.boolean(), which: fc.nat({ max: 9 }) }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (walk) => {
      const roster = new Roster<{ readonly id: number; place: number }>();
      const members = Array.from({ length: 10 }, (_, id) => ({ id, place: 0 }));
      const expected = new Set<number>();
      for (const { isAdd, which } of walk) {
        const member = members[which];
        if (member === undefined || (isAdd && expected.has(which))) continue;
        if (isAdd) roster.add(member);
        else roster.remove(member);
        if (isAdd) expected.add(which);
        else expected.delete(which);
        expect(roster.size).toBe(expected.size);
        expect(
          roster
            .values()
            .map(({ id }) => id)
            .sort(),
        ).toEqual([...expected].sort());
        expect(roster.find(({ id }) => id === which)?.id).toBe(expected.has(which) ? which : undefined);
      }
    }),
  );
});

test('one that was removed can be added again, and removing it twice removes nobody else', () => {
  const roster = new Roster<{ place: number }>();
  const [first, second] = [{ place: 0 }, { place: 0 }];
  roster.add(first);
  roster.add(second);
  roster.remove(first);
  roster.remove(first);
  expect(roster.values()).toEqual([second]);
  roster.add(first);
  expect(roster.size).toBe(2);
});
