import { expect } from 'vitest';
import { COMPLETE, labTest, type Suite } from '../suite.ts';

export function drainTopic(suite: Suite): void {
  labTest(suite, 'a job handed back is started next, elsewhere, and no attempt was spent', async (lab) => {
    const leaving = await lab.worker({ name: 'leaving' });
    const first = await lab.submit();
    const second = await lab.submit();
    const claim = await leaving.next();
    expect(claim.id).toBe(first.id);
    leaving.quiet();
    expect(await leaving.settle(claim, { kind: 'release', cause: 'WORKER_DRAINING' })).toBe('committed');
    expect(await lab.job(first.id)).toMatchObject({ state: 'waiting', attempts: 0 });
    const staying = await lab.worker({ name: 'staying' });
    const again = await staying.next();
    expect(again).toMatchObject({ id: first.id, attempt: 1 });
    await staying.settle(again, COMPLETE);
    expect((await staying.complete(1))[0]?.id).toBe(second.id);
    expect((await lab.job(first.id)).attempts).toBe(1);
  });

  labTest(suite, 'a worker that stops leaves the list of workers', async (lab) => {
    const worker = await lab.worker({ name: 'short-lived' });
    await lab.isListed(worker);
    expect(await lab.inspector.workers(lab.queue)).toMatchObject([{ name: 'short-lived', state: 'running' }]);
    await worker.stop();
    expect(await lab.inspector.workers(lab.queue)).toEqual([]);
  });

  labTest(suite, 'several jobs handed back keep their order among each other', async (lab) => {
    const jobs = await lab.submitMany(4);
    const worker = await lab.worker({ slots: 3 });
    const claims = [await worker.next(), await worker.next(), await worker.next()];
    worker.quiet();
    // Newest first: each goes to the very front, so the oldest ends up there.
    for (const claim of claims.toReversed()) await worker.settle(claim, { kind: 'release', cause: 'WORKER_DRAINING' });
    const other = await lab.worker();
    const done = await other.complete(4);
    expect(done.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
  });
}
