import { expect } from 'vitest';
import { ONCE } from '../lab.ts';
import { COMPLETE, failure, labTest, refusalTest, type Suite } from '../suite.ts';

export function onceTopic(suite: Suite): void {
  if (!suite.promises.atMostOnceTypes) {
    refusalTest(suite, 'at-most-once types', (lab) => lab.submit({ type: ONCE }));
    labTest(suite, 'a worker with an at-most-once type refuses to start', async (lab) => {
      const options = { ...(await lab.worker()).options, name: 'once', incarnation: 'once-1' };
      const consumer = lab.engine.consumer({
        options: { ...options, types: [{ type: ONCE, delivery: 'at-most-once' }] },
        events: { onClaims: () => {}, onCancel: () => {}, onLost: () => {}, onFatal: () => {} },
        vitals: () => ({ state: 'running', rssBytes: 0, memoryLimitBytes: 0, loopLagMs: 0 }),
      });
      await expect(consumer.start()).rejects.toMatchObject({ code: 'PRODWORK_ENGINE_UNSUPPORTED' });
      await consumer.stop();
    });
    return;
  }

  labTest(suite, 'an at-most-once job completes like any other', async (lab) => {
    const { id } = await lab.submit({ type: ONCE });
    const worker = await lab.worker();
    await worker.settle(await worker.next(), COMPLETE);
    expect((await lab.job(id)).state).toBe('completed');
  });

  labTest(suite, 'an at-most-once job that is handed back after its start is abandoned', async (lab) => {
    const { id } = await lab.submit({ type: ONCE });
    const worker = await lab.worker();
    await worker.settle(await worker.next(), { kind: 'release', cause: 'WORKER_DRAINING' });
    expect(await lab.job(id)).toMatchObject({ state: 'abandoned', attempts: 0 });
    await lab.submit();
    await worker.complete(1);
    expect(worker.claims.filter((claim) => claim.id === id)).toHaveLength(1);
  });

  labTest(suite, 'an at-most-once job that failed is dead: it is never started twice', async (lab) => {
    const { id } = await lab.submit({ type: ONCE });
    const worker = await lab.worker();
    await worker.settle(await worker.next(), { kind: 'retry', error: failure('once is enough'), delayMs: 0 });
    expect((await lab.job(id)).state).toBe('dead');
    await lab.submit();
    await worker.complete(1);
    expect(worker.claims.filter((claim) => claim.id === id)).toHaveLength(1);
  });

  if (!suite.promises.survivesWorkerDeath) return;

  labTest(suite, 'an at-most-once job whose worker died is abandoned, visible and never started again', async (lab) => {
    const doomed = await lab.doomedWorker();
    const { id } = await lab.submit({ type: ONCE, payloadJson: '{"amount":5}' });
    await doomed.next();
    await doomed.kill();
    const other = await lab.worker();
    const job = await lab.inState(id, 'abandoned');
    expect(job).toMatchObject({ payload: { amount: 5 }, deliveries: [{ outcome: 'crashed' }] });
    await lab.submit();
    await other.complete(1);
    expect(other.claims.some((claim) => claim.id === id)).toBe(false);
    expect((await lab.counts()).abandoned).toBe(1);
  });

  labTest(suite, 'an abandoned job is replayed by hand, as its next generation', async (lab) => {
    const worker = await lab.worker();
    const { id } = await lab.submit({ type: ONCE });
    await worker.settle(await worker.next(), { kind: 'release', cause: 'WORKER_DRAINING' });
    expect(await lab.inspector.retry(id, lab.queue)).toBe('reopened');
    const again = await worker.next();
    expect(again).toMatchObject({ id, generation: 2, attempt: 1, delivery: 1 });
  });
}
