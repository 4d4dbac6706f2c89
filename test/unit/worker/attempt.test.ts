import { ProdworkError } from 'prodwork/errors';
import { defineJob, type JobOptions } from 'prodwork/job/define-job';
import { handle, type JobHandler, PermanentError, type RunContext } from 'prodwork/job/handle';
import { LIMITS } from 'prodwork/job/limits';
import { type TSchema, Type } from 'typebox';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { type WorkerUnderTest, workerWith } from '../../support/worker-under-test.ts';

const input = Type.Object({ n: Type.Integer({ minimum: 0 }) }, { additionalProperties: false });
type Work = Pick<JobHandler<typeof input>, 'run' | 'verify'>;

const open: WorkerUnderTest[] = [];
afterEach(async () => {
  for (const { worker } of open.splice(0)) await worker.stop();
});

/** A worker whose one type `count` does this. */
async function doing(work: Work, options: Partial<JobOptions<typeof input, TSchema>> = {}) {
  const definition = defineJob({ type: 'count', input, ...options });
  const made = await workerWith([handle(definition, work)]);
  open.push(made);
  const { consumer } = made;
  return {
    ...made,
    outcome: async (payload: unknown, more: Parameters<typeof consumer.give>[2] = {}) => {
      const claim = consumer.give('count', payload, more);
      return until('the job is settled', () => consumer.outcomeOf(claim));
    },
  };
}

const untilAborted = (_payload: unknown, { signal }: RunContext): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('what a handler returns', () => {
  test('is the result, as JSON', async () => {
    const { outcome } = await doing({ run: ({ n }) => ({ doubled: n * 2 }) });
    expect(await outcome({ n: 4 })).toEqual({ kind: 'complete', resultJson: '{"doubled":8}' });
  });

  test('may be nothing', async () => {
    const { outcome } = await doing({ run: () => undefined });
    expect(await outcome({ n: 4 })).toEqual({ kind: 'complete', resultJson: 'null' });
  });

  test('fails the attempt when it does not fit the output schema', async () => {
    const { outcome } = await doing({ run: () => ({ sum: 'many' }) }, { output: Type.Object({ sum: Type.Number() }) });
    expect(await outcome({ n: 4 })).toMatchObject({
      kind: 'retry',
      error: { code: 'INVALID_RESULT', message: expect.stringContaining('result.sum') },
    });
  });

  test('fails the attempt when it is too large, or no JSON', async () => {
    const large = await doing({ run: () => 'x'.repeat(100) }, { limits: { resultBytes: 50 } });
    expect(await large.outcome({ n: 4 })).toMatchObject({ kind: 'retry', error: { code: 'RESULT_TOO_LARGE' } });
    const big = await doing({ run: () => 10n });
    expect(await big.outcome({ n: 4 })).toMatchObject({ kind: 'retry', error: { code: 'INVALID_RESULT' } });
  });
});

describe('what a handler throws', () => {
  test('is a failed attempt, tried again with backoff while attempts are left', async () => {
    const { outcome } = await doing(
      { run: () => Promise.reject(new Error('disk on fire')) },
      { backoff: { kind: 'exponential', delayMs: 1_000, jitter: 0 } },
    );
    const failed = { kind: 'retry', error: { code: 'HANDLER_FAILED', message: 'disk on fire' } };
    expect(await outcome({ n: 1 }, { attempt: 1 })).toEqual({ ...failed, delayMs: 1_000 });
    expect(await outcome({ n: 1 }, { attempt: 2 })).toEqual({ ...failed, delayMs: 2_000 });
  });

  test('buries the job when it was the last attempt', async () => {
    const { outcome } = await doing({ run: () => Promise.reject(new Error('disk on fire')) });
    expect(await outcome({ n: 1 }, { attempt: 3, maxAttempts: 3 })).toMatchObject({ kind: 'bury' });
  });

  test('buries the job at once when it is a PermanentError, and keeps the code of its cause', async () => {
    const cause = new ProdworkError('BLOCKED_ADDRESS');
    const { outcome } = await doing({ run: () => Promise.reject(new PermanentError('no use', { cause })) });
    expect(await outcome({ n: 1 })).toEqual({ kind: 'bury', error: { code: 'BLOCKED_ADDRESS', message: 'no use' } });
  });

  test('buries a job that must not start twice, whatever attempts are left', async () => {
    const { outcome } = await doing({ run: () => Promise.reject(new Error('once')) }, { delivery: 'at-most-once' });
    expect(await outcome({ n: 1 }, { attempt: 1, maxAttempts: 3 })).toMatchObject({ kind: 'bury' });
  });

  test('is kept short, with a mark where it was cut, and without its stack', async () => {
    const { outcome } = await doing({ run: () => Promise.reject(new Error('x'.repeat(1_000_000))) });
    const failed = await outcome({ n: 1 });
    const message = 'error' in failed ? failed.error.message : '';
    expect(message).toHaveLength(LIMITS.errorMessageChars);
    expect(message).toMatch(/x \[cut: 1000000 characters\]$/);
    expect(JSON.stringify(failed)).not.toContain('attempt.test');
  });

  test('may be anything, even something that cannot be shown', async () => {
    const hostile = {
      get message(): string {
        throw new Error('trap');
      },
      [Symbol.for('nodejs.util.inspect.custom')]() {
        throw new Error('trap');
      },
    };
    for (const thrown of [undefined, null, 0, 'text', Symbol('s'), hostile]) {
      const { outcome } = await doing({ run: () => Promise.reject(thrown) });
      expect(await outcome({ n: 1 })).toMatchObject({ kind: 'retry', error: { code: 'HANDLER_FAILED' } });
    }
  });

  test('may come before the first await', async () => {
    const { outcome } = await doing({
      run: () => {
        throw new Error('at once');
      },
    });
    expect(await outcome({ n: 1 })).toMatchObject({ kind: 'retry', error: { message: 'at once' } });
  });
});

describe('a payload planted in Redis', () => {
  const refused = { kind: 'bury', error: { code: 'INVALID_PAYLOAD' } };

  test.each([
    ['that is no JSON', '{"n": '],
    ['that does not fit the schema', '{"n": -1}'],
    ['that reaches for __proto__', '{"n": 1, "__proto__": {"polluted": true}}'],
    ['that hides __proto__ behind an escape', '{"n": 1, "\\u005f_proto__": {"polluted": true}}'],
    ['that reaches for constructor.prototype', '{"n": 1, "constructor": {"prototype": {"polluted": true}}}'],
    ['that is nested 100,000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['that is larger than its type allows', `{"n": 1${' '.repeat(300_000)}}`],
  ])('%s kills its job and nothing else', async (_what, payloadJson) => {
    let runs = 0;
    const { outcome } = await doing({ run: () => ++runs });
    expect(await outcome(undefined, { payloadJson })).toMatchObject(refused);
    expect(runs).toBe(0);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(await outcome({ n: 1 })).toMatchObject({ kind: 'complete' });
  });

  test('of a type without a handler is left to others first, and is dead when no attempt is left', async () => {
    const { consumer } = await doing({ run: () => 1 });
    const first = consumer.give('constructor', {}, { attempt: 1 });
    const last = consumer.give('constructor', {}, { attempt: 3 });
    expect(consumer.outcomeOf(first)).toMatchObject({ kind: 'retry', error: { code: 'UNKNOWN_TYPE' } });
    expect(consumer.outcomeOf(last)).toMatchObject({ kind: 'bury', error: { code: 'UNKNOWN_TYPE' } });
  });
});

describe('a signal', () => {
  test('fires at the deadline, and the attempt has failed', async () => {
    const reasons: unknown[] = [];
    const { outcome } = await doing({
      run: (payload, context) => untilAborted(payload, context).catch((reason) => reasons.push(reason.code)),
    });
    expect(await outcome({ n: 1 }, { timeoutMs: 5 })).toMatchObject({
      kind: 'retry',
      error: { code: 'JOB_TIMEOUT', message: 'ran longer than 5 ms' },
    });
    expect(reasons).toEqual(['JOB_TIMEOUT']);
  });

  test('fires on a cancel, and the job is settled cancelled', async () => {
    const { consumer } = await doing({ run: untilAborted });
    const claim = consumer.give('count', { n: 1 });
    consumer.context.events.onCancel(claim.id, claim.fence + 1);
    consumer.context.events.onCancel(claim.id, claim.fence);
    expect(await until('it is settled', () => consumer.outcomeOf(claim))).toEqual({ kind: 'cancel' });
  });

  test('fires when the lease is lost, and nothing is settled', async () => {
    const reasons: unknown[] = [];
    const { worker, consumer } = await doing({
      run: (payload, context) => untilAborted(payload, context).catch((reason) => reasons.push(reason.code)),
    });
    const claim = consumer.give('count', { n: 1 });
    consumer.context.events.onLost(claim.id, claim.fence);
    await until('the handler was told', () => reasons.length > 0);
    expect(reasons).toEqual(['LEASE_LOST']);
    await worker.stop();
    expect(consumer.settled).toEqual([]);
  });
});

describe('verify', () => {
  test('keeps its evidence with the result', async () => {
    const { outcome } = await doing({ run: ({ n }) => n, verify: () => ({ rows: 7 }) });
    expect(await outcome({ n: 3 })).toMatchObject({
      kind: 'complete',
      resultJson: '3',
      verified: { at: expect.any(Number), evidence: { rows: 7 } },
    });
  });

  test.each([
    ['throws', () => Promise.reject(new Error('the archive is empty'))],
    ['returns false', () => false],
  ])('fails the attempt when it %s, though the handler returned', async (_how, verify) => {
    const { outcome } = await doing({ run: ({ n }) => n, verify });
    expect(await outcome({ n: 3 })).toMatchObject({ kind: 'retry', error: { code: 'VERIFY_FAILED' } });
  });
});

describe('progress', () => {
  test('is sent at once, then held back; the last value still gets through', async () => {
    const { outcome, consumer } = await doing({
      run: (_payload, { progress }) => {
        for (let percent = 1; percent <= 90; percent++) progress(percent);
        return {};
      },
    });
    await outcome({ n: 1 });
    expect(consumer.progress.map(({ json }) => json)).toEqual(['1', '90']);
  });

  test('that is no small JSON value is not sent, and does no harm', async () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const { outcome, consumer } = await doing({
      run: (_payload, { progress }) => {
        for (const value of [undefined, cycle, 10n, Number.NaN, 'x'.repeat(LIMITS.progressBytes)]) progress(value);
        progress(1_000);
        return {};
      },
    });
    expect(await outcome({ n: 1 })).toMatchObject({ kind: 'complete' });
    expect(consumer.progress.map(({ json }) => json)).toEqual(['100']);
  });
});

describe('a handler', () => {
  test('is told of its job, its fence, and a key that stays the same for every attempt', async () => {
    const seen: RunContext[] = [];
    const { outcome } = await doing({
      run: (_payload, context) => {
        seen.push(context);
        return {};
      },
    });
    await outcome({ n: 1 }, { id: 'bill-7', attempt: 1, delivery: 1, fence: 100 });
    await outcome({ n: 1 }, { id: 'bill-7', attempt: 2, delivery: 3, fence: 200 });
    expect(seen.map(({ job }) => [job.id, job.attempt, job.delivery])).toEqual([
      ['bill-7', 1, 1],
      ['bill-7', 2, 3],
    ]);
    expect(seen.map(({ fence }) => fence)).toEqual([100, 200]);
    expect(new Set(seen.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });
});
