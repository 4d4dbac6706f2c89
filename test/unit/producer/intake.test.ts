import { createCatalog } from '@prodwork/producer/submit/catalog';
import { readNewJob } from '@prodwork/producer/submit/intake';
import { isProdworkError } from 'prodwork/errors';
import { sleep } from 'prodwork/jobs/sleep';
import { describe, expect, it } from 'vitest';
import { anything } from '../../support/producer-under-test.ts';

const now = 1_800_000_000_000;
const options = { catalog: createCatalog([sleep, anything]), queue: 'default', now };
const good = { type: 'sleep', payload: { seconds: 1 } };
const read = (body: unknown, idempotencyKey?: string) =>
  readNewJob(body, { ...options, ...(idempotencyKey !== undefined && { idempotencyKey }) });

function refusal(body: unknown, key?: string): { code: string; field: string | undefined; rule: string | undefined } {
  try {
    read(body, key);
  } catch (error) {
    if (isProdworkError(error)) return { code: error.code, field: error.details.field, rule: error.details.rule };
    throw error;
  }
  throw new Error('was not refused');
}

describe('a submitted body', () => {
  it('becomes a job with the defaults of its type', () => {
    expect(read(good)).toMatchObject({
      queue: 'default',
      type: 'sleep',
      payloadJson: '{"seconds":1}',
      priority: 'normal',
      maxAttempts: 3,
      delivery: 'at-least-once',
    });
  });

  it('may set everything within its bounds', () => {
    const body = {
      ...good,
      queue: 'mail-1',
      id: 'Order_1',
      delayMs: 5000,
      priority: 'high',
      maxAttempts: 20,
      timeoutMs: 1,
    };
    expect(read(body, 'key 1')).toMatchObject({
      queue: 'mail-1',
      id: 'Order_1',
      runAt: now + 5000,
      priority: 'high',
      maxAttempts: 20,
      timeoutMs: 1,
      idempotencyKey: 'key 1',
    });
  });

  it('may give a time as epoch ms or as ISO 8601 with its zone', () => {
    expect(read({ ...good, runAt: now + 1 }).runAt).toBe(now + 1);
    expect(read({ ...good, runAt: '2027-01-15T08:00:01Z' }).runAt).toBe(1_800_000_001_000);
    expect(refusal({ ...good, runAt: '2027-01-15T08:00:01' }).field).toBe('runAt');
  });

  it.each([
    [{ ...good, delayMs: -1 }, 'delayMs', /0 to 31536000000/],
    [{ ...good, delayMs: 1e18 }, 'delayMs', /0 to 31536000000/],
    [{ ...good, delayMs: 0.5 }, 'delayMs', /whole number/],
    [{ ...good, delayMs: 1, runAt: now }, 'runAt', /not both/],
    [{ ...good, runAt: 1e18 }, 'runAt', /a year ahead/],
    [{ ...good, maxAttempts: 1e9 }, 'maxAttempts', /1 to 20/],
    [{ ...good, maxAttempts: 0 }, 'maxAttempts', /1 to 20/],
    [{ ...good, timeoutMs: 0 }, 'timeoutMs', /1 to 86400000/],
    [{ ...good, priority: null }, 'priority', /high, normal, low/],
    [{ ...good, priority: Number.NaN }, 'priority', /high, normal, low/],
    [{ ...good, id: '1abc' }, 'id', /must match/],
    [{ ...good, id: 'x'.repeat(65) }, 'id', /must match/],
    [{ ...good, surprise: 1 }, 'surprise', /no such field/],
    [{ payload: {} }, 'type', /is required/],
  ])('is refused with field and rule: %j', (body, field, rule) => {
    const refused = refusal(body);
    expect(refused.code).toBe('INVALID_FIELD');
    expect(refused.field).toBe(field);
    expect(refused.rule).toMatch(rule);
  });

  it.each(['*', 'a:b', '{x}', '../', '', 'x'.repeat(10_240), 'UPPER', 'a b', 'a\n'])(
    'is refused for the queue name %j',
    (queue) => {
      expect(refusal({ ...good, queue })).toMatchObject({ code: 'INVALID_FIELD', field: 'queue' });
    },
  );

  it.each(['constructor', '__proto__', '../../x', 'toString', 'x'.repeat(1_000_000), 7, null])(
    'knows no type %.40j',
    (type) => {
      expect(refusal({ type, payload: {} }).code).toBe('UNKNOWN_TYPE');
    },
  );

  it('names the payload field that breaks its rule', () => {
    expect(refusal({ type: 'sleep', payload: { seconds: 3601 } })).toEqual({
      code: 'INVALID_PAYLOAD',
      field: 'payload.seconds',
      rule: 'must be at most 3600',
    });
    expect(refusal({ type: 'sleep', payload: { seconds: 'two' } }).rule).toBe('must be a number');
    expect(refusal({ type: 'sleep', payload: { seconds: 1, more: 1 } })).toMatchObject({ field: 'payload.more' });
    expect(refusal({ type: 'sleep' })).toMatchObject({ field: 'payload.seconds', rule: 'is required' });
    expect(refusal({ type: 'sleep', payload: [] })).toMatchObject({ field: 'payload', rule: 'must be an object' });
  });

  it('is measured in bytes of UTF-8', () => {
    const value = 'é'.repeat(131_066);
    expect(read({ type: 'anything', payload: { value } }).payloadJson.length).toBeLessThan(262_144);
    expect(refusal({ type: 'anything', payload: { value: `${value}ééé` } })).toMatchObject({
      code: 'BODY_TOO_LARGE',
      field: 'payload',
    });
  });

  it('refuses keys that a header cannot carry unharmed', () => {
    for (const key of ['', 'x'.repeat(256), 'a\u0000b', 'naïve'])
      expect(refusal(good, key).field).toBe('Idempotency-Key');
  });

  it('has one fingerprint whatever the order of its keys and the time of day', () => {
    const printOf = (body: object, more: object = {}) =>
      readNewJob(body, { ...options, isFingerprinted: true, ...more }).fingerprint;
    const first = printOf({ ...good, delayMs: 5 });
    const later = { delayMs: 5, payload: { seconds: 1 }, type: 'sleep', priority: 'normal' };
    expect(printOf(later, { now: now + 9 })).toBe(first);
    expect(printOf({ ...good, delayMs: 6 })).not.toBe(first);
    expect(printOf({ type: 'anything', payload: { value: ['a', 1] } })).not.toBe(
      printOf({ type: 'anything', payload: { value: { a: 1 } } }),
    );
  });

  it('has a fingerprint where it can be repeated, and only there', () => {
    expect(read(good).fingerprint).toBeUndefined();
    expect(read({ ...good, id: 'Mine' }).fingerprint).toMatch(/^[\w-]{22}$/);
    expect(readNewJob(good, { ...options, idempotencyKey: 'k' }).fingerprint).toMatch(/^[\w-]{22}$/);
  });
});
