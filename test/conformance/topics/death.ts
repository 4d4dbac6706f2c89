import { expect } from 'vitest';
import { until } from '../../support/until.ts';
import { COMPLETE, labTest, type Suite } from '../suite.ts';
import { deliveryLimitTopic } from './delivery-limit.ts';

export function deathTopic(suite: Suite): void {
  if (!suite.promises.survivesWorkerDeath) {
    labTest(suite, 'a killed worker takes its job with it, and the others go on', async (lab) => {
      const doomed = await lab.doomedWorker();
      const lost = await lab.submit();
      expect((await doomed.next()).id).toBe(lost.id);
      await doomed.kill();
      const other = await lab.worker();
      await lab.submit();
      const [next] = await other.complete(1);
      expect(next?.id).not.toBe(lost.id);
      await until('the dead worker to be gone from the counts', async () => (await lab.counts()).active === 0, 20_000);
      expect(await lab.inspector.job(lost.id, lab.queue)).toBeUndefined();
    });
    return;
  }

  labTest(suite, 'the jobs of a killed worker are started again, with no attempt spent', async (lab) => {
    const doomed = await lab.doomedWorker({ name: 'doomed', slots: 2 });
    const jobs = await lab.submitMany(2);
    const first = [await doomed.next(), await doomed.next()];
    await doomed.kill();
    const heir = await lab.worker({ name: 'heir', slots: 2 });
    const again = [await heir.next(), await heir.next()];
    expect(again.map(({ id }) => id).sort()).toEqual(jobs.map(({ id }) => id).sort());
    for (const claim of again) {
      const before = first.find(({ id }) => id === claim.id);
      expect(claim).toMatchObject({ attempt: 1, delivery: 2 });
      expect(claim.fence).toBeGreaterThan(before?.fence ?? Number.POSITIVE_INFINITY);
      await heir.settle(claim, COMPLETE);
    }
    const job = await lab.job(jobs[0]?.id ?? '');
    expect(job).toMatchObject({ state: 'completed', attempts: 1 });
    expect(job.deliveries).toMatchObject([
      { worker: 'doomed', outcome: 'crashed' },
      { worker: 'heir', outcome: 'completed' },
    ]);
    expect((await lab.inspector.queue(lab.queue)).totals).toMatchObject({ redelivered: 2, dead: 0, failedAttempts: 0 });
  });

  labTest(
    suite,
    'being killed twice neither ends a job nor goes unnoticed: the third start is suspect',
    async (lab) => {
      const { id } = await lab.submit({ maxAttempts: 1 });
      for (let death = 1; death <= 2; death += 1) {
        const doomed = await lab.doomedWorker();
        expect((await doomed.next()).isSuspect).toBe(false);
        await doomed.kill();
      }
      const worker = await lab.worker();
      const claim = await worker.next();
      expect(claim).toMatchObject({ id, isSuspect: true, attempt: 1 });
      await worker.settle(claim, COMPLETE);
      expect((await lab.job(id)).state).toBe('completed');
    },
  );

  labTest(
    suite,
    'a worker that froze past its lease is told that its job is lost, and settles nothing',
    async (lab) => {
      const frozen = await lab.doomedWorker({ name: 'frozen' });
      const { id } = await lab.submit();
      const stale = await frozen.next();
      await frozen.freeze();
      const other = await lab.worker({ name: 'other' });
      const claim = await other.next();
      expect(claim.id).toBe(id);
      await frozen.thaw();
      await until('the frozen worker to be told', () => frozen.lost.some(({ fence }) => fence === stale.fence));
      expect(await frozen.settle(stale, { kind: 'complete', resultJson: '"stale"' })).toBe('lost');
      expect((await lab.job(id)).state).toBe('active');
      await other.settle(claim, { kind: 'complete', resultJson: '"fresh"' });
      expect(await lab.job(id)).toMatchObject({ state: 'completed', result: 'fresh' });
    },
  );

  deliveryLimitTopic(suite);
  if (!suite.promises.cancel) return;

  labTest(suite, 'a job whose cancel was asked for is cancelled when its worker dies', async (lab) => {
    const doomed = await lab.doomedWorker();
    const { id } = await lab.submit();
    await doomed.next();
    await lab.inspector.cancel(id, lab.queue);
    await doomed.kill();
    // Somebody has to notice: an engine's upkeep runs in its workers.
    const other = await lab.worker();
    const job = await lab.inState(id, 'cancelled');
    expect(job.deliveries).toHaveLength(1);
    expect(other.claims).toEqual([]);
  });
}
