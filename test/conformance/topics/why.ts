import { expect } from 'vitest';
import { until } from '../../support/until.ts';
import type { Lab } from '../lab.ts';
import { labTest, type Suite } from '../suite.ts';

export function whyTopic(suite: Suite): void {
  const reason = async (lab: Lab, id: string) => (await lab.inspector.why(id, lab.queue))?.reason;

  labTest(suite, 'a waiting job says whether a worker is missing or busy', async (lab) => {
    const first = await lab.submit();
    expect(await reason(lab, first.id)).toBe('no-worker');
    const worker = await lab.worker();
    await worker.next();
    const second = await lab.submit();
    await until('the busy worker to be the reason', async () => (await reason(lab, second.id)) === 'no-free-slot');
    expect(await reason(lab, first.id)).toBe('active');
  });

  labTest(suite, 'a finished job is final, and an unknown one has no reason', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    await worker.complete(1);
    expect(await lab.inspector.why(id, lab.queue)).toMatchObject({ state: 'completed', reason: 'final' });
    expect(await lab.inspector.why('nobody', lab.queue)).toBeUndefined();
  });

  if (suite.promises.ableRouting) {
    labTest(suite, 'a job of a type that no worker knows says so', async (lab) => {
      const { id } = await lab.submit({ type: 'unheard-of' });
      await lab.worker();
      await until('the reason', async () => (await reason(lab, id)) === 'no-able-worker');
    });

    labTest(suite, 'a waiting job says how many are ahead of it in its lane', async (lab) => {
      await lab.submitMany(3);
      const { id } = await lab.submit();
      expect((await lab.inspector.why(id, lab.queue))?.ahead).toBe(3);
    });
  }

  if (suite.promises.delay) {
    labTest(suite, 'a scheduled job is due later', async (lab) => {
      const { id } = await lab.submit({ runAt: Date.now() + 60_000 });
      expect(await reason(lab, id)).toBe('due-later');
    });
  }

  if (suite.promises.cancel) {
    labTest(suite, 'an active job whose cancel was asked for says so', async (lab) => {
      const { id } = await lab.submit();
      const worker = await lab.worker();
      await worker.next();
      await lab.inspector.cancel(id, lab.queue);
      expect(await reason(lab, id)).toBe('cancel-requested');
    });
  }
}
