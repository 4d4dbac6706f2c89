import { expect } from 'vitest';
import { labTest, refusalTest, type Suite } from '../suite.ts';

export function idempotencyTopic(suite: Suite): void {
  if (!suite.promises.idempotentSubmit) {
    refusalTest(suite, 'chosen ids', (lab) => lab.submit({ id: 'order-1' }));
    refusalTest(suite, 'idempotency keys', (lab) => lab.submit({ idempotencyKey: 'k1' }));
    return;
  }

  labTest(suite, 'the same chosen id with the same body is the job that exists', async (lab) => {
    const stored = await lab.submit({ id: 'order-1', payloadJson: '{"n":1}' });
    expect(stored.id).toBe('order-1');
    const again = await lab.ask({ id: 'order-1', payloadJson: '{"n":1}' });
    expect(again).toMatchObject({ outcome: 'exists', job: { id: 'order-1' } });
    expect((await lab.counts()).waiting).toBe(1);
  });

  labTest(suite, 'the same chosen id or key with another body is a conflict', async (lab) => {
    await lab.submit({ id: 'order-1', payloadJson: '{"n":1}' });
    expect(await lab.ask({ id: 'order-1', payloadJson: '{"n":2}' })).toEqual({ outcome: 'conflict', id: 'order-1' });
    const keyed = await lab.submit({ idempotencyKey: 'key 1', payloadJson: '{"n":1}' });
    const other = await lab.ask({ idempotencyKey: 'key 1', payloadJson: '{"n":2}' });
    expect(other).toEqual({ outcome: 'conflict', id: keyed.id });
    expect((await lab.counts()).waiting).toBe(2);
  });

  labTest(suite, 'the fingerprint alone decides what the same body is, when there is one', async (lab) => {
    const runAt = Date.now() + 60_000;
    const stored = await lab.submit({ idempotencyKey: 'k', fingerprint: 'f1', runAt });
    const again = await lab.ask({ idempotencyKey: 'k', fingerprint: 'f1', runAt: runAt + 5 });
    expect(again).toMatchObject({ outcome: 'exists', job: { id: stored.id } });
    expect((await lab.ask({ idempotencyKey: 'k', fingerprint: 'f2', runAt })).outcome).toBe('conflict');
  });

  labTest(suite, 'a hundred submits at once with one key make one job', async (lab) => {
    const answers = await Promise.all(Array.from({ length: 100 }, () => lab.ask({ idempotencyKey: 'double click' })));
    expect(answers.filter(({ outcome }) => outcome === 'stored')).toHaveLength(1);
    expect(answers.filter(({ outcome }) => outcome === 'exists')).toHaveLength(99);
    expect(lab.ids.size).toBe(1);
    expect((await lab.counts()).waiting).toBe(1);
  });

  labTest(suite, 'an id is remembered after its job has ended', async (lab) => {
    await lab.submit({ id: 'order-1' });
    const worker = await lab.worker();
    await worker.complete(1);
    const again = await lab.ask({ id: 'order-1' });
    expect(again).toMatchObject({ outcome: 'exists', job: { state: 'completed' } });
    expect((await lab.counts()).completed).toBe(1);
  });

  labTest(
    suite,
    'an id and a key are remembered after their job has been pruned',
    async (lab) => {
      await lab.submit({ id: 'order-1' });
      await lab.submit({ idempotencyKey: 'key-1' });
      await lab.submitMany(3);
      const worker = await lab.worker();
      await worker.complete(5);
      expect((await lab.ask({ id: 'order-1' })).outcome).toBe('exists');
      expect((await lab.ask({ idempotencyKey: 'key-1' })).outcome).toBe('exists');
      expect((await lab.ask({ id: 'order-1', payloadJson: '[]' })).outcome).toBe('conflict');
      expect((await lab.counts()).waiting).toBe(0);
    },
    { keep: { count: 1, ageMs: 3_600_000, bytes: 1_000_000 } },
  );

  labTest(suite, 'keys of any text are told apart', async (lab) => {
    const keys = ['a', 'a ', 'A', 'ä', '{x}', 'a:b', '*', '\u0000', 'x'.repeat(255)];
    for (const idempotencyKey of keys) await lab.submit({ idempotencyKey });
    expect((await lab.counts()).waiting).toBe(keys.length);
  });
}
