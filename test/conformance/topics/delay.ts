import { expect } from 'vitest';
import { labTest, refusalTest, type Suite } from '../suite.ts';

export function delayTopic(suite: Suite): void {
  if (!suite.promises.delay) {
    refusalTest(suite, 'delays', (lab) => lab.submit({ runAt: Date.now() + 60_000 }));
    labTest(suite, 'a time that has passed is no delay', async (lab) => {
      expect((await lab.submit({ runAt: Date.now() - 1_000 })).state).toBe('waiting');
    });
    return;
  }

  labTest(suite, 'a job for later is `scheduled` until its time has come', async (lab) => {
    const worker = await lab.worker();
    const runAt = Date.now() + 400;
    const later = await lab.submit({ runAt });
    expect(later).toMatchObject({ state: 'scheduled', runAt });
    const now = await lab.submit();
    expect((await worker.complete(1))[0]?.id).toBe(now.id);
    expect((await worker.next()).id).toBe(later.id);
    expect(Date.now()).toBeGreaterThanOrEqual(runAt);
    expect((await lab.job(later.id)).state).toBe('active');
  });

  labTest(suite, 'a time that has passed means now', async (lab) => {
    expect((await lab.submit({ runAt: Date.now() - 1_000 })).state).toBe('waiting');
    expect((await lab.submit({ runAt: 1 })).state).toBe('waiting');
  });

  labTest(suite, 'scheduled jobs start in the order of their times, not of their submits', async (lab) => {
    const base = Date.now() + 300;
    const late = await lab.submit({ runAt: base + 150 });
    const early = await lab.submit({ runAt: base });
    const worker = await lab.worker();
    const done = await worker.complete(2);
    expect(done.map(({ id }) => id)).toEqual([early.id, late.id]);
  });

  labTest(suite, 'a job due in a year is kept as it is', async (lab) => {
    const runAt = Date.now() + 364 * 24 * 3600 * 1000;
    const { id } = await lab.submit({ runAt });
    expect(await lab.job(id)).toMatchObject({ state: 'scheduled', runAt });
    expect((await lab.counts()).scheduled).toBe(1);
  });

  labTest(suite, 'a job that comes back wakes a worker although another job is due much later', async (lab) => {
    await lab.submit({ runAt: Date.now() + 3_600_000 });
    const { id } = await lab.submit();
    const first = await lab.worker();
    const claim = await first.next();
    const second = await lab.worker();
    await lab.isListed(second);
    first.quiet();
    await first.settle(claim, { kind: 'release', cause: 'WORKER_DRAINING' });
    expect((await second.next()).id).toBe(id);
  });
}
