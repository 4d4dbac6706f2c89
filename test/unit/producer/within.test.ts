import { within } from '@prodwork/producer/submit/within';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const never = (): Promise<never> => new Promise(() => {});

describe('an answer within its time', () => {
  // For all tests alike: the one timer outlives the test that needed it first.
  beforeAll(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterAll(() => void vi.useRealTimers());

  it('is what the promise says, when that comes in time', async () => {
    await expect(within(Promise.resolve('stored'), 'SUBMIT_UNKNOWN')).resolves.toBe('stored');
    await expect(within(Promise.reject(new Error('away')), 'SUBMIT_UNKNOWN')).rejects.toThrow('away');
  });

  it('is the given error once the time of each is up, however many wait behind the one timer', async () => {
    const ends: string[] = [];
    const note = (name: string, promise: Promise<unknown>): void => {
      promise.catch((error: unknown) => ends.push(`${name} ${String(Object(error).code)}`));
    };
    const late = Promise.withResolvers<string>();
    note('first', within(late.promise, 'SUBMIT_UNKNOWN'));
    await vi.advanceTimersByTimeAsync(1_000);
    note('second', within(never(), 'QUEUE_UNAVAILABLE'));
    const answered = within(Promise.resolve('kept'), 'QUEUE_UNAVAILABLE');
    await vi.advanceTimersByTimeAsync(799);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(ends).toEqual(['first SUBMIT_UNKNOWN']);
    note('third', within(never(), 'SUBMIT_UNKNOWN'));
    // What comes too late does not take the place of those who came after.
    late.resolve('too late');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ends).toEqual(['first SUBMIT_UNKNOWN', 'second QUEUE_UNAVAILABLE']);
    await vi.advanceTimersByTimeAsync(800);
    expect(ends).toEqual(['first SUBMIT_UNKNOWN', 'second QUEUE_UNAVAILABLE', 'third SUBMIT_UNKNOWN']);
    await expect(answered).resolves.toBe('kept');
  });
});
