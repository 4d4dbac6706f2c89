import { createHash, randomBytes } from 'node:crypto';
import { isProdworkError } from 'prodwork/errors';
import { RedisFiles } from 'prodwork/files/redis-store';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contentOf } from '../../support/file-content.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const DAY = 24 * 3600 * 1000;
let redis: RedisServer;
let files: RedisFiles;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
beforeEach(() => {
  files = new RedisFiles({ redisUrl: redis.url, prefix: 'prodwork', quotaBytes: 20 * MIB });
});
afterEach(async () => {
  await files.stop();
  const client = redis.client();
  // Whatever a test did: what is counted is what is there.
  const sizes = await client.hgetall('prodwork:{files}:sizes');
  const sum = Object.values(sizes).reduce((total, bytes) => total + Number(bytes), 0);
  expect(Number(await client.get('prodwork:{files}:total'))).toBe(sum);
  expect(await client.zcard('prodwork:{files}:expiry')).toBe(Object.keys(sizes).length);
  await client.flushall();
});

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing thrown',
    (error: unknown) => (isProdworkError(error) ? error.code : error),
  );
const keysLeft = async (): Promise<readonly string[]> =>
  (await redis.client().keys('*')).filter((key) => /:[md]:/.test(key));

describe('files in Redis', () => {
  test.each([0, 1, 262_144, 262_145, 3 * MIB + 7])(
    '%i bytes come back as they were, in whatever pieces they came',
    async (size) => {
      const content = randomBytes(size);
      const pieces = [content.subarray(0, 5), content.subarray(5, 300_000), content.subarray(300_000)];
      const stored = await files.write({ name: 'a.bin', content: pieces, keepMs: DAY });
      expect(stored).toEqual({
        ref: expect.stringMatching(/^file:[A-Za-z0-9_-]{22}\/a\.bin$/),
        name: 'a.bin',
        type: 'application/octet-stream',
        bytes: size,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
      expect(await files.find(stored.ref)).toEqual(stored);
      expect((await contentOf(files, stored.ref)).equals(content)).toBe(true);
    },
  );

  test('all keys stand under the prefix, with one hash tag', async () => {
    await files.write({ name: 'a', content: [Buffer.from('a')], keepMs: DAY });
    for (const key of await redis.client().keys('*')) expect(key).toMatch(/^prodwork:\{files\}:/);
  });

  test('10 MiB are taken, one byte more is refused and nothing of it stays', async () => {
    const whole = await files.write({ name: 'a', content: [Buffer.alloc(10 * MIB)], keepMs: DAY });
    expect(whole.bytes).toBe(10 * MIB);
    const before = await keysLeft();
    const more = [Buffer.alloc(10 * MIB), Buffer.alloc(1)];
    expect(await codeOf(files.write({ name: 'b', content: more, keepMs: DAY }))).toBe('FILE_TOO_LARGE');
    expect(await keysLeft()).toEqual(before);
  });

  test('the quota holds for all together, and room that is made can be used', async () => {
    const first = await files.write({ name: 'a', content: [Buffer.alloc(9 * MIB)], keepMs: DAY });
    await files.write({ name: 'b', content: [Buffer.alloc(9 * MIB)], keepMs: DAY });
    expect(await codeOf(files.write({ name: 'c', content: [Buffer.alloc(3 * MIB)], keepMs: DAY }))).toBe('FILES_FULL');
    // Its life ends: as if its time had come.
    await redis.client().zadd('prodwork:{files}:expiry', 1, /file:([^/]+)/.exec(first.ref)?.[1] ?? '');
    expect((await files.write({ name: 'c', content: [Buffer.alloc(3 * MIB)], keepMs: DAY })).bytes).toBe(3 * MIB);
    expect(await files.find(first.ref)).toBeUndefined();
  });

  test('a source that breaks off leaves nothing', async () => {
    async function* breaking() {
      yield Buffer.alloc(MIB);
      throw new Error('the line is gone');
    }
    await expect(files.write({ name: 'a', content: breaking(), keepMs: DAY })).rejects.toThrow('the line is gone');
    expect(await keysLeft()).toEqual([]);
  });

  test('a file whose life is over is not there, and Redis itself removes it', async () => {
    const { ref } = await files.write({ name: 'a', content: [Buffer.from('a')], keepMs: 1 });
    await until('the file to end', async () => (await keysLeft()).length === 0);
    expect(await files.find(ref)).toBeUndefined();
    expect(await codeOf(contentOf(files, ref))).toBe('FILE_NOT_FOUND');
    expect(await files.keep([ref], DAY)).toEqual([ref]);
  });

  test('a life is made longer and never shorter', async () => {
    const { ref } = await files.write({ name: 'a', content: [Buffer.from('a')], keepMs: 100_000 });
    const [key = ''] = (await keysLeft()).filter((one) => one.includes(':d:'));
    const lives = () => redis.client().pttl(key);
    expect(await files.keep([ref], DAY)).toEqual([]);
    expect(await lives()).toBeGreaterThan(DAY / 2);
    expect(await files.keep([ref], 5)).toEqual([]);
    expect(await lives()).toBeGreaterThan(DAY / 2);
  });

  test('a reference with another name, or that is none, finds nothing', async () => {
    const { ref } = await files.write({ name: 'a.png', content: [Buffer.from('a')], keepMs: DAY });
    const wrong = [ref.replace('a.png', 'b.png'), 'file:x', `${ref}.exe`];
    expect(await files.keep([ref, ...wrong], DAY)).toEqual(wrong);
    for (const one of wrong) expect(await files.find(one)).toBeUndefined();
  });

  test('what is stored twice from one origin is one file', async () => {
    const file = { name: 'a', content: [Buffer.from('same')], keepMs: DAY, idFrom: 'job 1' };
    const [first, second] = await Promise.all([files.write(file), files.write(file)]);
    expect(first.ref).toBe(second.ref);
    expect((await files.write({ ...file, content: [Buffer.from('other')] })).ref).not.toBe(first.ref);
    expect((await files.write({ ...file, idFrom: 'job 2' })).ref).not.toBe(first.ref);
    expect((await contentOf(files, first.ref)).toString()).toBe('same');
  });

  test('a name of more than 255 characters is refused', async () => {
    expect(await codeOf(files.write({ name: 'x'.repeat(65_536), content: [], keepMs: DAY }))).toBe('INVALID_FIELD');
  });

  test('Redis forgets its scripts, and nobody notices', async () => {
    await redis.client().script('FLUSH');
    const { ref } = await files.write({ name: 'a', content: [Buffer.alloc(MIB)], keepMs: DAY });
    await redis.client().script('FLUSH');
    expect(await files.keep([ref], DAY)).toEqual([]);
  });
});

test('when Redis has no memory left a file is refused, and those that are there are read', async () => {
  const small = await startRedis(['--maxmemory', '12mb']);
  const store = new RedisFiles({ redisUrl: small.url, prefix: 'prodwork', quotaBytes: 100 * MIB });
  const { ref } = await store.write({ name: 'a', content: [randomBytes(MIB)], keepMs: DAY });
  const codes = [];
  for (let n = 0; n < 4; n += 1)
    codes.push(await codeOf(store.write({ name: 'b', content: [randomBytes(4 * MIB)], keepMs: DAY })));
  expect(codes).toContain('FILES_FULL');
  expect(await store.keep([ref], 2 * DAY)).toEqual([]);
  expect(await contentOf(store, ref)).toHaveLength(MIB);
  await store.stop();
  await small.stop();
});

test('without a Redis every call says so', async () => {
  const gone = await startRedis();
  await gone.stop();
  const store = new RedisFiles({ redisUrl: gone.url, prefix: 'prodwork', quotaBytes: MIB });
  const ref = 'file:abcdefghijklmnopqrstuv/a';
  const calls = [
    store.write({ name: 'a', content: [Buffer.from('a')], keepMs: DAY }),
    store.find(ref),
    store.keep([ref], 1),
  ];
  expect(await Promise.all(calls.map(codeOf))).toEqual(['QUEUE_UNAVAILABLE', 'QUEUE_UNAVAILABLE', 'QUEUE_UNAVAILABLE']);
  await store.stop();
});
