import { expect } from 'vitest';
import { labTest, refusalTest, type Suite } from '../suite.ts';

export function orderTopic(suite: Suite): void {
  labTest(suite, 'jobs of one lane start in the order of their submits', async (lab) => {
    const ids: string[] = [];
    for (let index = 0; index < 12; index += 1) ids.push((await lab.submit()).id);
    const worker = await lab.worker();
    const done = await worker.complete(12);
    expect(done.map(({ id }) => id)).toEqual(ids);
  });

  if (!suite.promises.priorities) {
    refusalTest(suite, 'priorities', (lab) => lab.submit({ priority: 'high' }));
    refusalTest(suite, 'low priorities', (lab) => lab.submit({ priority: 'low' }));
    return;
  }

  labTest(suite, 'higher priority goes first, and each keeps its own order', async (lab) => {
    const ids: Record<string, string[]> = { low: [], normal: [], high: [] };
    for (const priority of ['low', 'normal', 'high', 'low', 'normal', 'high'] as const) {
      ids[priority]?.push((await lab.submit({ priority })).id);
    }
    const worker = await lab.worker();
    const done = await worker.complete(6);
    expect(done.map(({ id }) => id)).toEqual([...(ids.high ?? []), ...(ids.normal ?? []), ...(ids.low ?? [])]);
    expect(done.map(({ priority }) => priority)).toEqual(['high', 'high', 'normal', 'normal', 'low', 'low']);
  });

  if (!suite.promises.turns) return;

  labTest(
    suite,
    'the types of one priority take turns, so that a flood of one does not starve another',
    async (lab) => {
      await lab.submitMany(6, { type: 'work' });
      await lab.submitMany(2, { type: 'other' });
      const worker = await lab.worker();
      const done = await worker.complete(8);
      expect(done.slice(0, 4).map(({ type }) => type)).toEqual(['work', 'other', 'work', 'other']);
    },
  );
}
