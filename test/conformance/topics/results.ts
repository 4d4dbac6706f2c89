import { expect } from 'vitest';
import { until } from '../../support/until.ts';
import { listAll } from '../invariants.ts';
import { labTest, type Suite } from '../suite.ts';

const RESULTS = ['null', '0', '"text \\u0000 ☃"', '[]', '{"a":{"b":[1,2,{"c":null}]}}', '{}'];

export function resultsTopic(suite: Suite): void {
  labTest(suite, 'a result of any JSON reads as it was given', async (lab) => {
    const worker = await lab.worker();
    for (const resultJson of RESULTS) {
      const { id } = await lab.submit();
      await worker.settle(await worker.next(), { kind: 'complete', resultJson });
      expect((await lab.job(id)).result).toEqual(JSON.parse(resultJson));
    }
  });

  labTest(suite, 'a large result is kept whole', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    const text = 'x'.repeat(200_000);
    await worker.settle(await worker.next(), { kind: 'complete', resultJson: JSON.stringify(text) });
    expect((await lab.job(id)).result).toBe(text);
  });

  labTest(suite, 'a job that was never submitted is not found', async (lab) => {
    expect(await lab.inspector.job('nobody', lab.queue)).toBeUndefined();
    expect(await lab.inspector.job(`${lab.queue}.0.${'A'.repeat(22)}`, lab.queue)).toBeUndefined();
    expect(await lab.inspector.job('*', lab.queue)).toBeUndefined();
    expect(await lab.inspector.jobs(['nobody', '../x'], lab.queue)).toEqual([undefined, undefined]);
  });

  labTest(
    suite,
    'finished jobs are kept by count: the newest stay, the totals go on',
    async (lab) => {
      const worker = await lab.worker();
      const old = await lab.submitMany(7);
      await worker.complete(7);
      const endedAt = Date.now();
      await until('the clock to go on', () => Date.now() > endedAt + 1);
      const young = await lab.submitMany(5);
      await worker.complete(5);
      await until('the oldest to be pruned', async () => (await lab.counts()).completed <= 5);
      const kept = (await listAll(lab, 'completed')).map(({ id }) => id);
      expect(kept.sort()).toEqual(young.map(({ id }) => id).sort());
      expect(await lab.inspector.job(old[0]?.id ?? '', lab.queue)).toBeUndefined();
      expect((await lab.inspector.queue(lab.queue)).totals.completed).toBe(12);
    },
    { keep: { count: 5, ageMs: 3_600_000, bytes: 1_000_000 } },
  );
}
