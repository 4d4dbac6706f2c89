import { expect } from 'vitest';
import { COMPLETE, failure, labTest, type Suite } from '../suite.ts';

export function settleTopic(suite: Suite): void {
  labTest(suite, 'a completed job says so, with its delivery written down', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker({ name: 'anna' });
    const claim = await worker.next();
    expect(await lab.job(id)).toMatchObject({ state: 'active' });
    expect(await worker.settle(claim, COMPLETE)).toBe('committed');
    const job = await lab.job(id);
    expect(job).toMatchObject({ state: 'completed', attempts: 1, result: { ok: true } });
    expect(job.deliveries).toMatchObject([{ number: 1, attempt: 1, worker: 'anna', outcome: 'completed' }]);
    expect(job.finishedAt).toBeGreaterThanOrEqual(job.createdAt);
  });

  labTest(suite, 'the evidence of a check is kept with the result', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    const verified = { at: 1_700_000_000_000, evidence: { rows: 3 } };
    await worker.settle(await worker.next(), { ...COMPLETE, verified });
    expect((await lab.job(id)).verified).toEqual(verified);
  });

  labTest(suite, 'a buried job is dead with its error, and its payload is kept', async (lab) => {
    const { id } = await lab.submit({ payloadJson: '{"keep":"me"}' });
    const worker = await lab.worker();
    const error = failure('no such account');
    expect(await worker.settle(await worker.next(), { kind: 'bury', error })).toBe('committed');
    expect(await lab.job(id)).toMatchObject({ state: 'dead', error, attempts: 1, payload: { keep: 'me' } });
    expect((await lab.inspector.queue(lab.queue)).totals).toMatchObject({ dead: 1, failedAttempts: 1, completed: 0 });
  });

  labTest(suite, 'a repeat of a settle is answered as what it was, and counted once', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    const claim = await worker.next();
    await worker.settle(claim, COMPLETE);
    expect(await worker.settle(claim, COMPLETE)).toBe('committed');
    expect((await lab.inspector.queue(lab.queue)).totals.completed).toBe(1);
    expect((await lab.job(id)).attempts).toBe(1);
  });

  labTest(suite, 'a consumer that was stopped settles nothing more', async (lab) => {
    await lab.submit();
    const worker = await lab.worker();
    const claim = await worker.next();
    await worker.settle(claim, COMPLETE);
    await worker.stop();
    await worker.stop();
    await expect(worker.settle(claim, COMPLETE)).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  });

  labTest(suite, 'counts and totals add up after many ends of both kinds', async (lab) => {
    const worker = await lab.worker({ slots: 5 });
    await lab.submitMany(20);
    for (let index = 0; index < 20; index += 1) {
      const claim = await worker.next();
      await worker.settle(claim, index % 4 === 0 ? { kind: 'bury', error: failure('every fourth') } : COMPLETE);
    }
    const { counts, totals } = await lab.inspector.queue(lab.queue);
    expect(counts).toMatchObject({ waiting: 0, active: 0, completed: 15, dead: 5 });
    expect(totals).toMatchObject({ submitted: 20, completed: 15, dead: 5, failedAttempts: 5 });
  });
}
