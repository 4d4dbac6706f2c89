import type { Redis } from 'ioredis';

/** Calls above this are kept by Redis, microseconds. */
const SLOW_US = 200;
const KEPT = 10_000;

/** Looks at the calls from now on. The slowest one decides how long everybody else waits: Redis does one at a time. */
export async function scriptCalls(redis: Redis): Promise<{ slowestMs(): Promise<number> }> {
  await redis.config('SET', 'slowlog-max-len', KEPT);
  await redis.config('SET', 'slowlog-log-slower-than', SLOW_US);
  await redis.slowlog('RESET');
  return {
    async slowestMs() {
      const entries: unknown = await redis.slowlog('GET', KEPT);
      if (!Array.isArray(entries)) throw new TypeError('SLOWLOG GET: no list');
      // An entry: number, time, microseconds, arguments, client, name. Below the bound nothing is kept.
      const scripts = entries.filter((entry) => /^(evalsha|eval|fcall)/i.test(String(entry[3]?.[0])));
      return Math.max(SLOW_US, ...scripts.map((entry) => Number(entry[2]))) / 1000;
    },
  };
}
