import { expect } from 'vitest';
import { until } from '../../support/until.ts';
import { listAll } from '../invariants.ts';
import { COMPLETE, labTest, type Suite } from '../suite.ts';

export function inspectTopic(suite: Suite): void {
  labTest(suite, 'a list goes over its pages with every job once', async (lab) => {
    const jobs = await lab.submitMany(25);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await lab.inspector.list({
        queue: lab.queue,
        limit: 10,
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(page.jobs.length).toBeLessThanOrEqual(10);
      seen.push(...page.jobs.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen.sort()).toEqual(jobs.map(({ id }) => id).sort());
  });

  labTest(suite, 'a list is narrowed by state, by type and by text', async (lab) => {
    const work = await lab.submit({ type: 'work', payloadJson: '{"needle":"☃ in the hay"}' });
    const other = await lab.submit({ type: 'other' });
    const list = async (filter: object) =>
      (await lab.inspector.list({ queue: lab.queue, limit: 50, ...filter })).jobs.map(({ id }) => id);
    expect(await list({ type: 'other' })).toEqual([other.id]);
    expect(await list({ q: 'in the hay' })).toEqual([work.id]);
    expect(await list({ q: other.id })).toEqual([other.id]);
    expect((await list({ state: 'waiting' })).sort()).toEqual([work.id, other.id].sort());
    expect(await list({ state: 'dead' })).toEqual([]);
  });

  labTest(suite, 'a cursor that nobody gave out is an empty page or a refusal, never a crash', async (lab) => {
    await lab.submit();
    const look = lab.inspector.list({ queue: lab.queue, limit: 10, cursor: 'nonsense*' });
    const answer = await look.then(
      ({ jobs }) => jobs.length <= 1,
      (error) => error.code === 'INVALID_FIELD',
    );
    expect(answer).toBe(true);
    expect(await listAll(lab)).toHaveLength(1);
  });

  labTest(suite, 'many jobs are read at once, in the order that was asked', async (lab) => {
    const [first, second] = await lab.submitMany(2);
    const ids = [second?.id ?? '', 'nobody', first?.id ?? ''];
    const read = await lab.inspector.jobs(ids, lab.queue);
    expect(read.map((job) => job?.id)).toEqual([second?.id, undefined, first?.id]);
  });

  labTest(suite, 'a queue that nobody has used counts nothing', async (lab) => {
    const view = await lab.inspector.queue('unused');
    expect(view).toMatchObject({ name: 'unused', isPaused: false, oldestWaitingMs: 0, totals: { submitted: 0 } });
    expect(Object.values(view.counts).every((count) => count === 0)).toBe(true);
  });

  labTest(suite, 'queues that were used are listed, and how long their oldest job has waited', async (lab) => {
    await lab.submit();
    await lab.submitter.submit(lab.newJob({ queue: 'second' }));
    expect((await lab.inspector.queues()).map(({ name }) => name).sort()).toEqual([lab.queue, 'second']);
    await until('time to pass', async () => (await lab.inspector.queue(lab.queue)).oldestWaitingMs > 0);
  });

  labTest(suite, 'a worker is shown with its slots, its types and what it is doing', async (lab) => {
    const worker = await lab.worker({ name: 'shown', slots: 2, host: 'box-1', types: ['work'] });
    const { id } = await lab.submit();
    const claim = await worker.next();
    const look = async () => {
      const [view] = await lab.inspector.workers(lab.queue);
      return view?.jobs.length === 1 ? view : undefined;
    };
    const view = await until('the job to be shown', look);
    expect(view).toMatchObject({ name: 'shown', host: 'box-1', slots: 2, types: ['work'], state: 'running' });
    expect(view).toMatchObject({ id: worker.options.incarnation, jobs: [{ id, type: 'work' }] });
    expect(view.heartbeatAt).toBeGreaterThan(0);
    await worker.settle(claim, COMPLETE);
    await until('the job to be gone', async () => (await lab.inspector.workers(lab.queue))[0]?.jobs.length === 0);
  });

  labTest(suite, 'progress of an active job is seen', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    const claim = await worker.next();
    worker.progress(claim, '{"done":7}');
    await until('the progress', async () => {
      const { progress } = await lab.job(id);
      return JSON.stringify(progress) === '{"done":7}';
    });
  });

  labTest(suite, 'a job that is not active is removed; an active one refuses', async (lab) => {
    const { id } = await lab.submit();
    const worker = await lab.worker();
    const claim = await worker.next();
    expect(await lab.inspector.remove(id, lab.queue)).toBe('refused');
    await worker.settle(claim, COMPLETE);
    expect(await lab.inspector.remove(id, lab.queue)).toBe('removed');
    expect(await lab.inspector.job(id, lab.queue)).toBeUndefined();
    expect(await lab.inspector.remove(id, lab.queue)).toBe('not-found');
    expect((await lab.counts()).completed).toBe(0);
  });

  labTest(suite, 'the health of an engine that works is ready', async (lab) => {
    expect(await lab.engine.health()).toMatchObject({ isReady: true, problems: [] });
  });
}
