import { expect } from 'vitest';
import { failure, labTest, type Suite } from '../suite.ts';

export function fenceTopic(suite: Suite): void {
  if (!suite.promises.fence) {
    labTest(suite, 'every claim says that there is no fence: it is 0', async (lab) => {
      await lab.submit();
      const worker = await lab.worker();
      expect((await worker.next()).fence).toBe(0);
    });
    return;
  }

  labTest(suite, 'the fence is a time in microseconds below 2^53, and grows with each delivery', async (lab) => {
    await lab.submit({ maxAttempts: 5 });
    const worker = await lab.worker();
    const fences: number[] = [];
    for (const outcome of ['retry', 'release', 'crash', 'retry'] as const) {
      const claim = await worker.next();
      fences.push(claim.fence);
      if (outcome === 'retry') await worker.settle(claim, { kind: 'retry', error: failure('again'), delayMs: 0 });
      else await worker.settle(claim, { kind: outcome, cause: 'WORKER_DRAINING' });
    }
    fences.push((await worker.next()).fence);
    for (const [index, fence] of fences.entries()) {
      expect(Number.isSafeInteger(fence)).toBe(true);
      expect(fence).toBeGreaterThan(index === 0 ? 1_600_000_000_000_000 : (fences[index - 1] ?? 0));
    }
  });

  if (!suite.promises.operatorRetry) return;

  labTest(suite, 'the fence goes on growing over an operator’s retry', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    const first = await worker.next();
    await worker.settle(first, { kind: 'bury', error: failure('for good') });
    await lab.inspector.retry(id, lab.queue);
    expect((await worker.next()).fence).toBeGreaterThan(first.fence);
  });
}
