import { expect } from 'vitest';
import { labTest, type Suite } from '../suite.ts';

export function routingTopic(suite: Suite): void {
  if (!suite.promises.ableRouting) {
    labTest(suite, 'a worker is handed every type: what it does not know it must bury or hand back', async (lab) => {
      const { id } = await lab.submit({ type: 'unheard-of' });
      const worker = await lab.worker();
      expect(await worker.next()).toMatchObject({ id, type: 'unheard-of' });
    });
    return;
  }

  labTest(suite, 'a job goes only to a worker that knows its type', async (lab) => {
    const some = await lab.worker({ types: ['work'], slots: 4 });
    const able = await lab.worker({ types: ['other'], slots: 4 });
    const others = await lab.submitMany(3, { type: 'other' });
    const works = await lab.submitMany(3, { type: 'work' });
    expect((await able.complete(3)).map(({ id }) => id).sort()).toEqual(others.map(({ id }) => id).sort());
    expect((await some.complete(3)).map(({ id }) => id).sort()).toEqual(works.map(({ id }) => id).sort());
  });

  labTest(suite, 'a type that no worker knows waits untouched, and runs when one joins', async (lab) => {
    const { id } = await lab.submit({ type: 'newcomer' });
    const old = await lab.worker();
    await lab.submitMany(2);
    await old.complete(2);
    expect(await lab.job(id)).toMatchObject({ state: 'waiting', deliveries: [] });
    const able = await lab.worker({ types: ['newcomer'] });
    expect((await able.next()).id).toBe(id);
  });
}
