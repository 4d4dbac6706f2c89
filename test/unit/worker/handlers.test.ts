import { handlers } from '@prodwork/worker/registry';
import { jobTypes } from 'prodwork/jobs/catalog';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { type WorkerUnderTest, workerWith } from '../../support/worker-under-test.ts';

let made: WorkerUnderTest;
beforeEach(async () => {
  made = await workerWith(handlers, { drainMs: 1 });
});
afterEach(() => made.worker.stop());

const settled = (claim: Parameters<WorkerUnderTest['consumer']['outcomeOf']>[0]) =>
  until('the job is settled', () => made.consumer.outcomeOf(claim), 30_000);

test('every job type of the catalog has a handler, and the other way round', () => {
  const defined = jobTypes.map(({ type }) => type).sort();
  expect(handlers.map(({ definition }) => definition.type).sort()).toEqual(defined);
});

describe('sleep', () => {
  test('says how long it slept', async () => {
    const outcome = await settled(made.consumer.give('sleep', { seconds: 0.02 }));
    if (outcome.kind !== 'complete') throw new Error(`unexpected: ${JSON.stringify(outcome)}`);
    const { sleptMs } = JSON.parse(outcome.resultJson) as { sleptMs: number };
    expect(sleptMs).toBeGreaterThanOrEqual(20);
  });

  test('ends when it is cancelled', async () => {
    const claim = made.consumer.give('sleep', { seconds: 3600 });
    made.consumer.context.events.onCancel(claim.id, claim.fence);
    expect(await settled(claim)).toEqual({ kind: 'cancel' });
  });
});

describe('primes', () => {
  test.each([
    [2, 1, 2],
    [3, 2, 3],
    [10, 4, 7],
    [100, 25, 97],
    [262_144, 23_000, 262_139],
    [262_147, 23_001, 262_147],
    [1_000_000, 78_498, 999_983],
  ])('up to %i are %i, the largest is %i', async (upTo, count, largest) => {
    const outcome = await settled(made.consumer.give('primes', { upTo }));
    expect(outcome).toEqual({ kind: 'complete', resultJson: JSON.stringify({ count, largest }) });
  });

  test('are counted off the event loop, which goes on turning, and can be stopped half-way', async () => {
    const claim = made.consumer.give('primes', { upTo: 1_000_000_000 });
    // Progress comes while it counts: were it on this loop, nothing could be heard before its end.
    await until('it reports progress', () => made.consumer.progress.some(({ id }) => id === claim.id), 30_000);
    expect(made.consumer.outcomeOf(claim)).toBeUndefined();
    made.consumer.context.events.onCancel(claim.id, claim.fence);
    expect(await settled(claim)).toEqual({ kind: 'cancel' });
    await until('its slot is free', () => made.worker.status.jobs === 0);
  });
});
