import { isGeneratedId } from 'prodwork/job/ids';
import { expect } from 'vitest';
import { COMPLETE, labTest, type Suite } from '../suite.ts';

const ODD_TEXTS = [
  '*3\r\n$3\r\nSET\r\n',
  "'); redis.call('FLUSHALL') --",
  'naïve ☃ \u{1f600}',
  '\u0000\u001b[31m',
  '{"a":1}',
];

export function submitTopic(suite: Suite): void {
  labTest(suite, 'a job that was accepted waits, and reads as it was submitted', async (lab) => {
    const before = Date.now() - 60_000;
    const job = await lab.submit({ payloadJson: '{"seconds":1,"nested":[null,true]}', timeoutMs: 4_000 });
    expect(job).toMatchObject({ type: 'work', queue: lab.queue, state: 'waiting', priority: 'normal', attempts: 0 });
    expect(job).toMatchObject({ payload: { seconds: 1, nested: [null, true] }, timeoutMs: 4_000, generation: 1 });
    expect(job.createdAt).toBeGreaterThan(before);
    expect(await lab.job(job.id)).toEqual(job);
  });

  labTest(suite, 'generated ids are of the public form and never repeat', async (lab) => {
    const jobs = await lab.submitMany(200);
    expect(jobs.every(({ id }) => isGeneratedId(id))).toBe(true);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(200);
    expect((await lab.counts()).waiting).toBe(200);
  });

  labTest(suite, 'a payload comes out at the worker byte for byte, whatever text it holds', async (lab) => {
    const worker = await lab.worker({ slots: ODD_TEXTS.length });
    for (const text of ODD_TEXTS) {
      const payloadJson = JSON.stringify({ text });
      const { id } = await lab.submit({ payloadJson });
      const claim = await worker.next();
      expect(claim).toMatchObject({ id, payloadJson });
      expect((await lab.job(id)).payload).toEqual({ text });
    }
  });

  labTest(
    suite,
    'a queue at its backlog cap refuses with QUEUE_FULL, and accepts again once jobs are done',
    async (lab) => {
      await lab.submitMany(3);
      await expect(lab.submit()).rejects.toMatchObject({ code: 'QUEUE_FULL' });
      expect((await lab.counts()).waiting).toBe(3);
      const worker = await lab.worker();
      await worker.settle(await worker.next(), COMPLETE);
      await lab.submit();
    },
    { backlogMax: 3 },
  );

  labTest(suite, 'a submitter that was stopped says that nothing was stored', async (lab) => {
    const submitter = lab.engine.submitter();
    await submitter.start();
    await submitter.stop();
    await submitter.stop();
    await expect(submitter.submit(lab.newJob())).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    expect((await lab.counts()).waiting).toBe(0);
  });

  labTest(suite, 'what one submitter stores another one and every inspector sees', async (lab) => {
    const other = lab.engine.submitter();
    await other.start();
    const submitted = await other.submit(lab.newJob());
    await other.stop();
    expect(submitted.outcome).toBe('stored');
    expect((await lab.counts()).waiting).toBe(1);
  });
}
