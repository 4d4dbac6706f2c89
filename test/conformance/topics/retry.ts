import { expect } from 'vitest';
import { COMPLETE, failure, labTest, refusalTest, type Suite } from '../suite.ts';

export function retryTopic(suite: Suite): void {
  if (!suite.promises.retries) {
    refusalTest(suite, 'retries', (lab) => lab.submit({ maxAttempts: 3 }));
    return;
  }

  labTest(suite, 'a failed attempt waits in `scheduled` and is tried again', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    const first = await worker.next();
    await worker.settle(first, { kind: 'retry', error: failure('once'), delayMs: 60_000 });
    const waiting = await lab.job(id);
    expect(waiting).toMatchObject({ state: 'scheduled', attempts: 1, error: failure('once') });
    expect(waiting.runAt).toBeGreaterThan(waiting.createdAt + 50_000);
    expect(waiting.deliveries).toMatchObject([{ outcome: 'failed', cause: 'HANDLER_FAILED' }]);
  });

  labTest(suite, 'attempts are counted, and the job completes when one succeeds', async (lab) => {
    const { id } = await lab.submit({ maxAttempts: 3 });
    const worker = await lab.worker();
    for (const attempt of [1, 2]) {
      const claim = await worker.next();
      expect(claim).toMatchObject({ attempt, delivery: attempt });
      await worker.settle(claim, { kind: 'retry', error: failure(`try ${attempt}`), delayMs: 20 });
    }
    const last = await worker.next();
    expect(last.attempt).toBe(3);
    await worker.settle(last, COMPLETE);
    const job = await lab.job(id);
    expect(job).toMatchObject({ state: 'completed', attempts: 3 });
    expect(job.deliveries.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'completed']);
    expect((await lab.inspector.queue(lab.queue)).totals).toMatchObject({ failedAttempts: 2, completed: 1, dead: 0 });
  });

  labTest(suite, 'the last failed attempt makes the job dead', async (lab) => {
    const { id } = await lab.submit({ maxAttempts: 2 });
    const worker = await lab.worker();
    await worker.settle(await worker.next(), { kind: 'retry', error: failure('one'), delayMs: 0 });
    await worker.settle(await worker.next(), { kind: 'bury', error: failure('two') });
    expect(await lab.job(id)).toMatchObject({ state: 'dead', attempts: 2, error: failure('two') });
  });
}
