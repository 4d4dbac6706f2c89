import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextDelayMs } from '../../../compose/run/restart-policy.ts';
import { type Death, type Running, Supervised } from '../../../compose/run/supervised.ts';

describe('the delay before a restart', () => {
  it('starts at 100 ms and doubles for a process that keeps dying young', () => {
    const delays: number[] = [];
    for (let life = 0; life < 4; life++) delays.push(nextDelayMs(delays.at(-1), 50));
    expect(delays).toEqual([100, 200, 400, 800]);
  });

  it('never grows beyond a minute', () => {
    expect(nextDelayMs(51_200, 50)).toBe(60_000);
    expect(nextDelayMs(60_000, 50)).toBe(60_000);
  });

  it('begins anew after a life of 10 s, and not before', () => {
    expect(nextDelayMs(6_400, 10_000)).toBe(100);
    expect(nextDelayMs(6_400, 9_999)).toBe(12_800);
  });
});

/** A process that ends when the test says so. */
class FakeProcess implements Running {
  readonly pid: number;
  readonly signals: NodeJS.Signals[] = [];
  readonly ended: Promise<Death>;
  #end: (death: Death) => void = () => {};

  constructor(pid: number) {
    this.pid = pid;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL') this.end({ code: null, signal });
  }

  end(death: Death): void {
    this.#end(death);
  }
}

describe('a supervised process', () => {
  const launches: { restarts: number; lastDeath: string | undefined; process: FakeProcess }[] = [];
  const said: string[] = [];
  const finals: Death[] = [];
  let supervised: Supervised;

  beforeEach(() => {
    vi.useFakeTimers();
    launches.length = said.length = finals.length = 0;
    supervised = new Supervised({
      name: 'worker-1',
      launch: (history) => {
        const process = new FakeProcess(100 + launches.length);
        launches.push({ ...history, process });
        return process;
      },
      say: (text) => said.push(text),
      onChange: () => {},
      isFinal: ({ code }) => code === 78,
      onFinal: (death) => finals.push(death),
    });
    supervised.start();
  });
  afterEach(() => vi.useRealTimers());

  const die = async (death: Death): Promise<void> => {
    launches.at(-1)?.process.end(death);
    await vi.advanceTimersByTimeAsync(0);
  };
  const killed: Death = { code: null, signal: 'SIGKILL' };

  it('is started again after the delay, and told how often and why', async () => {
    await die(killed);
    await vi.advanceTimersByTimeAsync(99);
    expect(launches).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(launches[1]).toMatchObject({ restarts: 1, lastDeath: 'was killed by SIGKILL' });
    expect(supervised.pid).toBe(101);
  });

  it('waits longer after each early death, and 100 ms again after a long life', async () => {
    await die(killed);
    await vi.advanceTimersByTimeAsync(100);
    await die(killed);
    await vi.advanceTimersByTimeAsync(199);
    expect(launches).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(launches).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(10_000);
    await die(killed);
    await vi.advanceTimersByTimeAsync(100);
    expect(launches).toHaveLength(4);
  });

  it('is started again when it left by itself with code 0, as `unless-stopped` does', async () => {
    await die({ code: 0, signal: null });
    await vi.advanceTimersByTimeAsync(100);
    expect(launches).toHaveLength(2);
  });

  it('is given up when it says that its configuration is wrong', async () => {
    await die({ code: 78, signal: null });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(launches).toHaveLength(1);
    expect(finals).toEqual([{ code: 78, signal: null }]);
  });

  it('is asked to leave with SIGTERM and not started again', async () => {
    const stopped = supervised.stop(5_000);
    expect(launches[0]?.process.signals).toEqual(['SIGTERM']);
    await die({ code: 0, signal: null });
    await stopped;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(launches).toHaveLength(1);
    expect(launches[0]?.process.signals).toEqual(['SIGTERM']);
  });

  it('is ended with SIGKILL when it has not left in time', async () => {
    const stopped = supervised.stop(5_000);
    await vi.advanceTimersByTimeAsync(5_000);
    await stopped;
    expect(launches[0]?.process.signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(said.at(-1)).toContain('did not leave within 5000 ms');
  });

  it('that waits for its restart stays away once it is stopped', async () => {
    await die(killed);
    await supervised.stop(5_000);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(launches).toHaveLength(1);
  });
});
