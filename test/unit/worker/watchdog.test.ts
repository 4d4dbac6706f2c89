import { Watchdog } from '@prodwork/worker/runtime/watchdog';
import { describe, expect, test } from 'vitest';
import { workerWith } from '../../support/worker-under-test.ts';

/** A watchdog with a limit of 10 s that looks every second of a clock which the test sets. */
function watchdog() {
  const time = { now: 1_000_000, turnedAt: 0 };
  const stuck: number[] = [];
  const dog = new Watchdog({
    turnedAt: () => time.turnedAt,
    limitMs: 10_000,
    clock: { now: () => time.now },
    onStuck: (ageMs) => stuck.push(ageMs),
  });
  const pass = (seconds: number): void => {
    for (let second = 0; second < seconds; second++) {
      time.now += 1_000;
      dog.look();
    }
  };
  return { time, stuck, dog, pass };
}

describe('the watchdog', () => {
  test('bites once when the fetch loop has not turned for longer than the limit', () => {
    const { stuck, dog, pass } = watchdog();
    pass(10);
    expect(stuck).toEqual([]);
    pass(5);
    expect(stuck).toEqual([11_000]);
    expect(dog.isStuck).toBe(true);
  });

  test('is content as long as the loop turns', () => {
    const { time, stuck, pass } = watchdog();
    for (let turn = 0; turn < 20; turn++) {
      pass(9);
      time.turnedAt = time.now;
    }
    expect(stuck).toEqual([]);
  });

  test('gives the loop its full time again after the whole process stood still or its clock jumped', () => {
    const { time, stuck, dog, pass } = watchdog();
    pass(5);
    time.now += 600_000;
    dog.look();
    pass(10);
    expect(stuck).toEqual([]);
    pass(1);
    expect(stuck).toHaveLength(1);
  });
});

test('a worker whose fetch loop is stuck is unhealthy, and fails', async () => {
  const time = { now: 1_000_000 };
  const { worker, consumer } = await workerWith([], {
    watchdogMs: 20,
    // Each look at the clock finds it a little later, so the loop's age grows while the watchdog itself runs on time.
    clock: { now: () => time.now++ },
  });
  consumer.turned = () => 0;
  expect(await worker.failed).toMatchObject({ code: 'PRODWORK_WORKER_STUCK' });
  expect(worker.isHealthy).toBe(false);
  expect(worker.isReady).toBe(false);
  await worker.stop();
});
