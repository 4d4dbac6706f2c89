import { expect } from 'vitest';
import { COMPLETE, failure, labTest, type Suite } from '../suite.ts';

export function operatorRetryTopic(suite: Suite): void {
  if (!suite.promises.operatorRetry) {
    labTest(suite, 'an operator’s retry is refused by its code', async (lab) => {
      const { id } = await lab.submit();
      const worker = await lab.worker();
      await worker.settle(await worker.next(), { kind: 'bury', error: failure('for good') });
      const retry = lab.inspector.retry(id, lab.queue);
      await expect(retry).rejects.toMatchObject({ code: 'PRODWORK_ENGINE_UNSUPPORTED' });
      expect((await lab.job(id)).state).toBe('dead');
    });
    return;
  }

  labTest(suite, 'a dead job is reopened with fresh attempts, and may complete', async (lab) => {
    const { id } = await lab.submit({ maxAttempts: 1 });
    const worker = await lab.worker();
    await worker.settle(await worker.next(), { kind: 'bury', error: failure('for good') });
    expect(await lab.inspector.retry(id, lab.queue)).toBe('reopened');
    const claim = await worker.next();
    expect(claim).toMatchObject({ id, generation: 2, attempt: 1, delivery: 1, isSuspect: false });
    await worker.settle(claim, COMPLETE);
    const job = await lab.job(id);
    expect(job).toMatchObject({ state: 'completed', generation: 2, attempts: 1 });
    expect(job.error).toBeUndefined();
    expect(job.deliveries).toHaveLength(1);
    expect(await lab.counts()).toMatchObject({ dead: 0, completed: 1 });
  });

  labTest(suite, 'a completed job absorbs a retry, and an unknown one is not found', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    await worker.complete(1);
    expect(await lab.inspector.retry(id, lab.queue)).toBe('refused');
    expect(await lab.inspector.retry('nobody', lab.queue)).toBe('not-found');
    expect((await lab.job(id)).state).toBe('completed');
  });

  labTest(suite, 'a cancelled job is reopened', async (lab) => {
    const { id } = await lab.submit();
    await lab.inspector.cancel(id, lab.queue);
    expect(await lab.inspector.retry(id, lab.queue)).toBe('reopened');
    const job = await lab.job(id);
    expect(job).toMatchObject({ state: 'waiting', generation: 2 });
    expect(job.cancelRequested ?? false).toBe(false);
    expect(job.finishedAt).toBeUndefined();
    const worker = await lab.worker();
    await worker.complete(1);
  });
}
