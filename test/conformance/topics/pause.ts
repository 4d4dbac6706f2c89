import { expect } from 'vitest';
import { COMPLETE, labTest, type Suite } from '../suite.ts';

export function pauseTopic(suite: Suite): void {
  if (!suite.promises.pause) {
    labTest(suite, 'a pause is refused by its code', async (lab) => {
      const code = 'PRODWORK_ENGINE_UNSUPPORTED';
      await expect(lab.inspector.pause(lab.queue)).rejects.toMatchObject({ code });
      await expect(lab.inspector.resume(lab.queue)).rejects.toMatchObject({ code });
    });
    return;
  }

  labTest(suite, 'a paused queue accepts jobs and hands none out until it is resumed', async (lab) => {
    const busy = await lab.worker({ slots: 3 });
    await lab.submit();
    const claim = await busy.next();
    await lab.inspector.pause(lab.queue);
    await lab.inspector.pause(lab.queue);
    const { id } = await lab.submit();
    expect((await lab.inspector.queue(lab.queue)).isPaused).toBe(true);
    expect(await busy.settle(claim, COMPLETE)).toBe('committed');
    expect((await lab.job(id)).state).toBe('waiting');
    expect((await lab.inspector.why(id, lab.queue))?.reason).toBe('paused');
    expect(busy.claims).toHaveLength(1);
    await lab.inspector.resume(lab.queue);
    await lab.inspector.resume(lab.queue);
    expect((await busy.next()).id).toBe(id);
    expect((await lab.inspector.queue(lab.queue)).isPaused).toBe(false);
  });

  labTest(suite, 'a worker that starts while the queue is paused begins when it is resumed', async (lab) => {
    await lab.inspector.pause(lab.queue);
    const jobs = await lab.submitMany(3);
    const worker = await lab.worker({ slots: 3 });
    expect((await lab.counts()).waiting).toBe(3);
    await lab.inspector.resume(lab.queue);
    const done = await worker.complete(3);
    expect(done.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
  });
}
