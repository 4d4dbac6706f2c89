import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Client } from './client.ts';
import { bash, becomesHealthy, inspectOne, must } from './docker.ts';
import { figure, say } from './figures.ts';
import { drained, freshStack, removeStack } from './stack.ts';
import { expectWithin, measureStalls } from './stall.ts';
import { until } from './wait.ts';

const asAdmin = (command: string): string =>
  `docker exec prodwork-redis-1 sh -c 'REDISCLI_AUTH=$(cat /run/prodwork/admin-password) redis-cli --user admin ${command}'`;

const readiness = async (): Promise<number> => (await ask('/readyz')).status;

const logsSince = async (name: string, since: number): Promise<string> =>
  (await bash(`docker logs --since ${(since / 1000).toFixed(3)} ${name}`)).out;

measureStalls();
afterAll(removeStack);

describe('a Redis that is not safe to use', () => {
  let client: Client;
  beforeAll(async () => {
    client = await freshStack({ workers: 1 });
  });

  it('F14: allkeys-lru set while running turns readiness red, and green again when it is put right', async () => {
    const at = Date.now();
    await must(asAdmin('config set maxmemory-policy allkeys-lru'));
    await until('readiness is red', async () => (await readiness()) === 503);
    figure('F14 eviction policy set until readiness was red', Date.now() - at, 'ms');
    await until('the worker is unhealthy', async () => (await inspectOne('prodwork-worker-1')).health === 'unhealthy');
    await must(asAdmin('config set maxmemory-policy noeviction'));
    await until('readiness is green', async () => (await readiness()) === 200);
    await becomesHealthy('prodwork-worker-1');
  });

  it('F14: nothing starts on allkeys-lru, and one line says why', async () => {
    await must(asAdmin('config set maxmemory-policy allkeys-lru'));
    const at = Date.now();
    await must('docker restart prodwork-worker-1');
    const line = await until('the worker says why', async () =>
      (await logsSince('prodwork-worker-1', at)).split('\n').find((text) => /noeviction/.test(text)),
    );
    say(line.trim());
    expect(await logsSince('prodwork-worker-1', at)).not.toMatch(/job completed|ready for jobs/);
    await must(asAdmin('config set maxmemory-policy noeviction'));
    await until(
      'the worker runs and is healthy',
      async () => (await inspectOne('prodwork-worker-1')).health === 'healthy',
      120_000,
    );
    await drained([await client.submit('f14-after', 0)]);
  });
});

describe('a Redis that comes back empty', () => {
  let client: Client;
  beforeAll(async () => {
    client = await freshStack({ workers: 1 });
  });

  it('F20: raises an alarm within 5 s, readiness is red, and nobody carries on in silence', async () => {
    await drained(await client.submitMany('f20', 10, 0));
    await must('docker stop prodwork-redis-1');
    await must(
      'docker run --rm --user 999:999 --volumes-from prodwork-redis-1 --entrypoint sh $(docker inspect --format "{{.Config.Image}}" prodwork-redis-1) -c "rm -rf /data/appendonlydir"',
    );
    await must('docker start prodwork-redis-1');
    await becomesHealthy('prodwork-redis-1');
    const { startedAt } = await inspectOne('prodwork-redis-1');
    const from = Date.now();
    const alarm = await until('a worker or a producer raises the alarm', async () => {
      for (const name of ['prodwork-worker-1', 'prodwork-producer-1', 'prodwork-producer-2']) {
        const line = (await logsSince(name, startedAt))
          .split('\n')
          .find((text) => /(ERROR|FATAL|WARN).*(without|lost|empty)/i.test(text));
        if (line !== undefined) return `${name}: ${line.trim()}`;
      }
      return undefined;
    });
    const ms = Date.now() - from;
    figure('F20 Redis ready again, empty, until the alarm', ms, 'ms');
    say(alarm);
    expectWithin('Redis ready again, empty, until the alarm', [{ from, ms }], 5_000);
    await until('readiness is red', async () => (await readiness()) === 503);
    const { status, body } = await client.post('/api/jobs', { type: 'sleep', payload: { seconds: 0 } });
    say(`a submit is answered ${status} ${body}`);
    expect(status).toBe(503);
  });
});
