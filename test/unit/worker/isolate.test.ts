import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { suspect } from '../../support/suspect-handlers.ts';
import { until } from '../../support/until.ts';
import { type WorkerUnderTest, workerWith } from '../../support/worker-under-test.ts';

let made: WorkerUnderTest;
beforeEach(async () => {
  made = await workerWith([suspect], { slots: 4, drainMs: 1 });
});
afterEach(() => made.worker.stop());

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Runs a suspect job; `settled` waits for what became of it. */
function runAlone(how: string) {
  const { consumer } = made;
  const claim = consumer.give('suspect', { how }, { isSuspect: true, attempt: 1 });
  return {
    claim,
    settled: () => until('the suspect job is settled', () => consumer.outcomeOf(claim), 30_000),
    /** The pid that it reported as its progress. */
    childPid: () =>
      until(
        'the child has begun',
        () => {
          const said = consumer.progress.find(({ id }) => id === claim.id);
          return said && (JSON.parse(said.json) as { pid: number }).pid;
        },
        30_000,
      ),
  };
}

describe('a suspect job', () => {
  test('runs and is verified in a process of its own', async () => {
    const job = runAlone('well');
    const outcome = await job.settled();
    if (outcome.kind !== 'complete') throw new Error(`unexpected: ${JSON.stringify(outcome)}`);
    const { pid, attempt } = JSON.parse(outcome.resultJson) as { pid: number; attempt: number };
    expect(pid).not.toBe(process.pid);
    expect(attempt).toBe(1);
    expect(outcome.verified?.evidence).toEqual({ verifiedIn: pid });
    expect(made.consumer.progress).toEqual([{ id: job.claim.id, json: '50' }]);
    await until('its process is gone', () => !isAlive(pid));
  });

  test.each([
    ['sigkill', 'SIGKILL'],
    ['exit', 'exit 3'],
  ])('that ends its process by %s is a crash with that cause, and its neighbours go on', async (how, cause) => {
    const neighbour = made.consumer.give('suspect', { how: 'wait' });
    expect(await runAlone(how).settled()).toEqual({ kind: 'crash', cause });
    expect(made.consumer.outcomeOf(neighbour)).toBeUndefined();
    made.consumer.context.events.onCancel(neighbour.id, neighbour.fence);
    await until('the neighbour stops when asked', () => made.consumer.outcomeOf(neighbour));
  });

  test('that throws has failed like any other', async () => {
    expect(await runAlone('throw').settled()).toMatchObject({
      kind: 'retry',
      error: { code: 'HANDLER_FAILED', message: 'thrown in the child' },
    });
    expect(await runAlone('permanent').settled()).toMatchObject({ kind: 'bury' });
  });

  test.each(['wait', 'block'])('that is cancelled leaves no process behind (%s)', async (how) => {
    const job = runAlone(how);
    const pid = await job.childPid();
    made.consumer.context.events.onCancel(job.claim.id, job.claim.fence);
    expect(await job.settled()).toEqual({ kind: 'cancel' });
    await until('its process is gone', () => !isAlive(pid));
  });
});
