import { expect } from 'vitest';
import { until } from '../../support/until.ts';
import { COMPLETE, labTest, type Suite } from '../suite.ts';

export function claimTopic(suite: Suite): void {
  labTest(suite, 'each of many jobs is handed to exactly one of several workers', async (lab) => {
    const workers = await Promise.all([1, 2, 3].map(() => lab.worker({ slots: 4 })));
    const jobs = await lab.submitMany(60);
    const isDone = async () => {
      for (const worker of workers) {
        for (const claim of worker.claims) await worker.settle(claim, COMPLETE);
      }
      return (await lab.counts()).completed === 60;
    };
    await until('60 jobs to be done', isDone, 20_000);
    const claimed = workers.flatMap(({ claims }) => claims.map(({ id }) => id));
    expect(claimed.sort()).toEqual(jobs.map(({ id }) => id).sort());
  });

  labTest(suite, 'a claim tells the worker all it needs to run the job', async (lab) => {
    const job = await lab.submit({ payloadJson: '{"n":1}', timeoutMs: 5_000 });
    const worker = await lab.worker();
    const claim = await worker.next();
    expect(claim).toMatchObject({
      id: job.id,
      queue: lab.queue,
      type: 'work',
      payloadJson: '{"n":1}',
      timeoutMs: 5_000,
    });
    expect(claim).toMatchObject({ generation: 1, delivery: 1, attempt: 1, isSuspect: false, createdAt: job.createdAt });
    expect(claim.maxAttempts).toBe(job.maxAttempts);
  });

  labTest(suite, 'a worker never holds more jobs than it has slots', async (lab) => {
    await lab.submitMany(5);
    const worker = await lab.worker({ slots: 2 });
    const first = await worker.next();
    await worker.next();
    const other = await lab.worker({ slots: 3 });
    await until('the other worker to have the rest', () => other.claims.length === 3);
    expect(worker.claims).toHaveLength(2);
    await lab.submit();
    await worker.settle(first, COMPLETE);
    await worker.next();
    expect(worker.claims).toHaveLength(3);
  });

  labTest(suite, 'an idle worker is handed a job that is submitted later', async (lab) => {
    const worker = await lab.worker();
    await lab.isListed(worker);
    const { id } = await lab.submit();
    expect((await worker.next()).id).toBe(id);
  });

  labTest(suite, 'a quiet worker takes nothing new and still settles what it has', async (lab) => {
    const worker = await lab.worker({ slots: 2 });
    await lab.submit();
    const claim = await worker.next();
    worker.quiet();
    await lab.quiet(worker);
    await lab.submitMany(2);
    const other = await lab.worker();
    await other.complete(2);
    expect(await worker.settle(claim, COMPLETE)).toBe('committed');
    expect(worker.claims).toHaveLength(1);
  });

  labTest(suite, 'of two living workers with one name the second refuses to start', async (lab) => {
    const first = await lab.worker({ name: 'twin' });
    await lab.isListed(first);
    const code = 'PRODWORK_WORKER_NAME_TAKEN';
    // It says so when it starts, or as soon as it can: starting does not wait for a Redis that is away.
    const refusal = await lab.worker({ name: 'twin' }).then(
      (second) => until('the refusal', () => second.fatal.find((fatal) => fatal.code === code)),
      (error: unknown) => error,
    );
    expect(refusal).toMatchObject({ code });
    await lab.submit();
    await first.complete(1);
  });

  labTest(suite, 'a name is free again once its worker has stopped', async (lab) => {
    const worker = await lab.worker({ name: 'heir' });
    await worker.stop();
    const heir = await lab.worker({ name: 'heir' });
    await lab.submit();
    await heir.complete(1);
  });
}
