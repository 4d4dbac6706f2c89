import { expect } from 'vitest';
import { labTest, type Suite } from '../suite.ts';

/** Part of `death`: how often a job may kill what runs it. */
export function deliveryLimitTopic(suite: Suite): void {
  labTest(
    suite,
    'a job that kills what runs it is dead at the delivery limit, payload kept and cause named',
    async (lab) => {
      const { id } = await lab.submit({ payloadJson: '{"poison":true}' });
      const worker = await lab.worker();
      for (let delivery = 1; delivery <= 3; delivery += 1) {
        const claim = await worker.next();
        expect(claim).toMatchObject({ id, delivery, isSuspect: delivery > 2 });
        await worker.settle(claim, { kind: 'crash', cause: 'SIGKILL' });
      }
      const job = await lab.job(id);
      expect(job).toMatchObject({
        state: 'dead',
        error: { code: 'DELIVERY_LIMIT' },
        payload: { poison: true },
        attempts: 0,
      });
      expect(job.deliveries.map(({ outcome, cause }) => [outcome, cause])).toEqual(
        Array(3).fill(['crashed', 'SIGKILL']),
      );
      expect(worker.claims).toHaveLength(3);
    },
    { deliveryLimit: 3 },
  );

  labTest(
    suite,
    'its innocent neighbours are not blamed',
    async (lab) => {
      const poison = await lab.submit();
      const innocents = await lab.submitMany(3);
      const worker = await lab.worker({ slots: 4 });
      for (let done = 0; done < 5; done += 1) {
        const claim = await worker.next();
        if (claim.id === poison.id) await worker.settle(claim, { kind: 'crash', cause: 'SIGKILL' });
        else await worker.settle(claim, { kind: 'complete', resultJson: 'null' });
      }
      expect((await lab.job(poison.id)).state).toBe('dead');
      for (const { id } of innocents) expect((await lab.job(id)).state).toBe('completed');
    },
    { deliveryLimit: 2 },
  );
}
