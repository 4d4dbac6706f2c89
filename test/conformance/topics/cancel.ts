import { expect } from 'vitest';
import { until } from '../../support/until.ts';
import { COMPLETE, failure, labTest, type Suite } from '../suite.ts';

export function cancelTopic(suite: Suite): void {
  if (!suite.promises.cancel) {
    labTest(suite, 'a cancel is refused by its code, and the job still runs', async (lab) => {
      const { id } = await lab.submit();
      const cancel = lab.inspector.cancel(id, lab.queue);
      await expect(cancel).rejects.toMatchObject({ code: 'PRODWORK_ENGINE_UNSUPPORTED' });
      const worker = await lab.worker();
      await worker.complete(1);
      expect((await lab.job(id)).state).toBe('completed');
    });
    return;
  }

  labTest(suite, 'a waiting job is cancelled at once and never starts', async (lab) => {
    const [first, second] = await lab.submitMany(2);
    expect(await lab.inspector.cancel(first?.id ?? '', lab.queue)).toBe('cancelled');
    expect(await lab.job(first?.id ?? '')).toMatchObject({ state: 'cancelled', attempts: 0 });
    const worker = await lab.worker();
    expect((await worker.complete(1))[0]?.id).toBe(second?.id);
    expect(worker.claims).toHaveLength(1);
  });

  labTest(
    suite,
    'a repeated cancel changes nothing, a finished job refuses it, an unknown one is not found',
    async (lab) => {
      const { id } = await lab.submit();
      await lab.inspector.cancel(id, lab.queue);
      expect(await lab.inspector.cancel(id, lab.queue)).toBe('unchanged');
      const done = await lab.submit();
      const worker = await lab.worker();
      await worker.complete(1);
      expect(await lab.inspector.cancel(done.id, lab.queue)).toBe('refused');
      expect(await lab.inspector.cancel('nobody', lab.queue)).toBe('not-found');
      expect((await lab.counts()).cancelled).toBe(1);
    },
  );

  labTest(suite, 'the worker of an active job is told, and the job is cancelled when it has stopped', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    const claim = await worker.next();
    expect(await lab.inspector.cancel(id, lab.queue)).toBe('requested');
    expect(await lab.inspector.cancel(id, lab.queue), 'asked once more').toBe('requested');
    expect(await lab.job(id)).toMatchObject({ state: 'active', cancelRequested: true });
    await until('the worker to be told', () => worker.cancels.some(({ fence }) => fence === claim.fence));
    expect(await worker.settle(claim, { kind: 'cancel' })).toBe('committed');
    const job = await lab.job(id);
    expect(job).toMatchObject({ state: 'cancelled', attempts: 0 });
    expect(job.deliveries).toMatchObject([{ outcome: 'cancelled' }]);
  });

  labTest(suite, 'a handler that finishes before it hears of the cancel has finished', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    const claim = await worker.next();
    await lab.inspector.cancel(id, lab.queue);
    await worker.settle(claim, COMPLETE);
    expect((await lab.job(id)).state).toBe('completed');
  });

  labTest(suite, 'a job whose cancel was asked for is not tried or handed out again', async (lab) => {
    const [failed, released] = await lab.submitMany(2);
    const worker = await lab.worker({ slots: 2 });
    const claims = [await worker.next(), await worker.next()];
    const claimOf = (id: string | undefined) => claims.find((claim) => claim.id === id) ?? claims[0];
    for (const job of [failed, released]) await lab.inspector.cancel(job?.id ?? '', lab.queue);
    const [one, other] = [claimOf(failed?.id), claimOf(released?.id)];
    if (!one || !other) throw new Error('not claimed');
    await worker.settle(one, { kind: 'retry', error: failure('too late'), delayMs: 0 });
    await worker.settle(other, { kind: 'release', cause: 'WORKER_DRAINING' });
    expect((await lab.job(one.id)).state).toBe('cancelled');
    expect((await lab.job(other.id)).state).toBe('cancelled');
  });

  labTest(
    suite,
    'a cancel that was asked for decides at the delivery limit too',
    async (lab) => {
      const { id } = await lab.submit();
      const worker = await lab.worker();
      const claim = await worker.next();
      await lab.inspector.cancel(id, lab.queue);
      await worker.settle(claim, { kind: 'crash', cause: 'SIGKILL' });
      expect(await lab.job(id)).toMatchObject({ state: 'cancelled', deliveries: [{ outcome: 'crashed' }] });
    },
    { deliveryLimit: 1 },
  );

  if (!suite.promises.delay) return;

  labTest(suite, 'a scheduled job is cancelled at once', async (lab) => {
    const { id } = await lab.submit({ runAt: Date.now() + 60_000 });
    expect(await lab.inspector.cancel(id, lab.queue)).toBe('cancelled');
    expect(await lab.counts()).toMatchObject({ scheduled: 0, cancelled: 1 });
  });
}
