import { defineJob } from 'prodwork/job/define-job';
import { handle, PermanentError } from 'prodwork/job/handle';
import { testQueue } from 'prodwork/testing';
import { Type } from 'typebox';
import { expect, test } from 'vitest';

const mail = defineJob({
  type: 'mail',
  input: Type.Object({ to: Type.String() }),
  maxAttempts: 3,
  backoff: { kind: 'fixed', delayMs: 60_000, jitter: 0 },
});

test('a handler that fails once is tried again when its backoff has passed, without waiting for it', async () => {
  const tried: number[] = [];
  const sends = handle(mail, {
    run: ({ to }, { job }) => {
      tried.push(job.attempt);
      if (job.attempt === 1) throw new Error('no line');
      return { sent: to };
    },
  });
  const queue = await testQueue([sends]);
  const { id } = await queue.submit(mail, { to: 'a@example.org' });
  await queue.runDue();
  expect(await queue.job(id)).toMatchObject({ state: 'scheduled', attempts: 1, error: { message: 'no line' } });
  queue.clock.advance(59_999);
  await queue.runDue();
  expect(tried).toEqual([1]);
  await queue.runToCompletion();
  expect(await queue.job(id)).toMatchObject({ state: 'completed', attempts: 2, result: { sent: 'a@example.org' } });
  await queue.close();
});

test('a permanent failure, a last attempt and a failed check each end the job as the worker would', async () => {
  const permanent = handle(mail, {
    run: () => {
      throw new PermanentError('no such address');
    },
  });
  const always = handle(
    { ...mail, type: 'always' },
    {
      run: () => {
        throw new Error('again');
      },
    },
  );
  const empty = handle(
    { ...mail, type: 'empty', maxAttempts: 1 },
    {
      run: () => ({ rows: 0 }),
      verify: () => {
        throw new Error('0 rows');
      },
    },
  );
  const queue = await testQueue([permanent, always, empty]);
  const ids = await Promise.all([
    queue.submit(mail, { to: 'x' }),
    queue.submit(always.definition, { to: 'x' }),
    queue.submit(empty.definition, { to: 'x' }),
  ]);
  await queue.runToCompletion();
  const jobs = await Promise.all(ids.map(({ id }) => queue.job(id)));
  expect(jobs.map(({ state, attempts }) => [state, attempts])).toEqual([
    ['dead', 1],
    ['dead', 3],
    ['dead', 1],
  ]);
  expect(jobs[2]?.error).toEqual({ code: 'VERIFY_FAILED', message: '0 rows' });
  await queue.close();
});

test('a payload that does not fit its type is refused', async () => {
  const queue = await testQueue([]);
  const bad = JSON.parse('{"to":7}');
  await expect(queue.submit(mail, bad)).rejects.toMatchObject({ code: 'INVALID_PAYLOAD' });
  await queue.close();
});
