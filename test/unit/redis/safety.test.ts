import { judge } from 'prodwork/redis/safety';
import { describe, expect, it, test } from 'vitest';

const info = (fields: { readonly [name: string]: string }): string =>
  Object.entries({
    redis_version: '7.2.11',
    maxmemory_policy: 'noeviction',
    aof_enabled: '1',
    role: 'master',
    ...fields,
  })
    .map(([name, value]) => `${name}:${value}`)
    .join('\r\n');

describe('what INFO says of a server', () => {
  it('is fine for a Redis 7.2 with an append-only file and no eviction', () => {
    expect(judge(info({}))).toMatchObject({ server: 'redis', version: '7.2.11', problems: [], warnings: [] });
    expect(judge(info({}))).not.toHaveProperty('fsyncFault');
  });

  test.each([
    ['a Redis that is too old', { redis_version: '6.2.14' }, /7\.0 or later/],
    ['a Valkey that is too old', { valkey_version: '7.2.5' }, /8\.0 or later/],
    ['an evicting one', { maxmemory_policy: 'allkeys-lru' }, /noeviction/],
  ])('%s is refused: only a person can mend it', (_what, fields, words) => {
    const { problems, refusal } = judge(info(fields));
    expect(refusal).toMatch(words);
    expect(problems).toContain(refusal);
  });

  test.each([
    ['a replica', { role: 'slave' }, /read-only/],
    ['a disk that is full', { aof_last_write_status: 'err' }, /disk full/],
  ])('%s is no place for jobs at present, and may be later', (_what, fields, words) => {
    const { problems, ...report } = judge(info(fields));
    expect(problems.join()).toMatch(words);
    expect(report).not.toHaveProperty('refusal');
  });

  test.each([
    ['no append-only file', { aof_enabled: '0' }, /append-only file is off/],
    ['a Redis with known holes', { redis_version: '7.0.3' }, /known holes/],
  ])('%s is worth a warning', (_what, fields, words) => {
    const { problems, warnings } = judge(info(fields));
    expect(problems).toEqual([]);
    expect(warnings.join()).toMatch(words);
  });

  test.each([
    ['Redis 7.0', { redis_version: '7.0.15' }, /7\.2 or later/],
    ['a server without an append-only file', { aof_enabled: '0' }, /append-only file, which is off/],
  ])('%s cannot wait for its disk', (_what, fields, words) => {
    expect(judge(info(fields)).fsyncFault).toMatch(words);
  });

  it('lets every Valkey wait for its disk, whatever Redis it says it is', () => {
    expect(judge(info({ redis_version: '7.2.11', valkey_version: '8.1.1' }))).not.toHaveProperty('fsyncFault');
  });
});
