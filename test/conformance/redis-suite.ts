import type { EngineName } from 'prodwork/engine/engine';
import { afterAll, beforeAll, describe } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { conformance } from './conformance.ts';

/** The suite against a real server: the one that `TEST_REDIS_URL` names, or one of the test's own. */
export function redisConformance(engine: EngineName): void {
  describe(engine, () => {
    const given = process.env.TEST_REDIS_URL;
    let server: RedisServer | undefined;
    beforeAll(async () => {
      if (given === undefined) server = await startRedis();
    });
    afterAll(async () => {
      await server?.stop();
    });
    conformance(engine, () => given ?? server?.url ?? '');
  });
}
