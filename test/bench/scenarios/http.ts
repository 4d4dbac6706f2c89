import { startRedis } from '../../support/redis-server.ts';
import { EffectError } from '../measure/effects.ts';
import { REDIS_ARGS } from '../peers.ts';
import { Child } from '../process/child.ts';
import type { HttpLoadReport, HttpLoadRequest, HttpServerSpec } from '../process/messages.ts';
import { startProducer } from '../process/producer.ts';
import { openSystem } from '../systems/open.ts';
import type { Scenario } from './scenario.ts';

const CONNECTIONS = 64;
const BODY = JSON.stringify({ type: 'sleep', payload: { seconds: 2 } });

interface Server {
  readonly url: string;
  leave(): Promise<void>;
}

/** POST of a job: the whole producer, BullMQ behind a bare route, and the bare route with nothing behind it. */
export const http: Scenario = {
  name: 'http.submit',
  ids: ['http.submit'],
  systems: ['prodwork', 'fastify', 'bullmq'],
  seconds: 5,
  async run(system, { sizes, note }) {
    const kind = system === 'prodwork' || system === 'bullmq' ? system : 'fastify';
    const redis = await startRedis(REDIS_ARGS);
    const load = new Child<HttpLoadRequest>('http-load-main.ts', {});
    let server: Server | undefined;
    try {
      server = kind === 'prodwork' ? await producer(redis.url) : await bareServer(kind, redis.url);
      const { perSecond, accepted, refused } = await load.ask<HttpLoadReport>({
        url: `${server.url}/api/jobs`,
        body: BODY,
        connections: CONNECTIONS,
        warmMs: sizes.httpWarmMs,
        measureMs: sizes.httpMeasureMs,
      });
      if (refused > 0) throw new EffectError(`${refused} of ${accepted + refused} requests were refused`);
      if (kind !== 'fastify') {
        const { unfinished } = await (await openSystem(kind)).census(redis.url);
        if (unfinished !== accepted) throw new EffectError(`${accepted} were accepted, ${unfinished} are stored`);
      }
      note('http.submit', perSecond);
    } finally {
      await Promise.all([load.leave(), server?.leave()]);
      await redis.stop();
    }
  },
};

/** One address sends everything, which the default limit of 1,000 requests a second is there to prevent. */
const producer = (redisUrl: string): Promise<Server> => startProducer(redisUrl, { PRODUCER_API_PER_SECOND: '1000000' });

async function bareServer(kind: HttpServerSpec['kind'], redisUrl: string): Promise<Server> {
  const child = new Child<'address'>('http-server-main.ts', { kind, redisUrl });
  const url = await child.ask<string>('address');
  return { url, leave: () => child.leave() };
}
