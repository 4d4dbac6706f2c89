import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from './client.ts';
import { backAfter, containersOf } from './docker.ts';
import { figure, say } from './figures.ts';
import { drained, freshStack, removeStack } from './stack.ts';
import { until } from './wait.ts';

const POISON_SECONDS = 3599;
const HOG_SECONDS = 3598;

afterAll(removeStack);

describe('jobs that kill their worker', () => {
  let client: Client;
  beforeAll(async () => {
    client = await freshStack({ workers: 3, env: { TEST_DELIVERY_LIMIT: '5' } });
  });

  it.each([
    ['F03', 'kills its process', POISON_SECONDS, /SIGKILL|oom/i],
    ['F23', 'exhausts the memory', HOG_SECONDS, /oom|SIGKILL/i],
  ])(
    '%s: one that %s is dead at its limit with its cause, and its ten neighbours are completed',
    async (row, _what, seconds, cause) => {
      const startedAt = Date.now();
      const innocents = await client.submitMany(`${row.toLowerCase()}-innocent`, 5, 3);
      const poison = await client.submit(`${row.toLowerCase()}-poison`, seconds);
      innocents.push(...(await client.submitMany(`${row.toLowerCase()}-neighbour`, 5, 3)));
      await drained(innocents, 240_000);
      await until('the poison has ended', async () => (await client.job(poison)).state === 'dead', 120_000);
      for (const id of innocents) expect(await client.job(id)).toMatchObject({ state: 'completed' });
      const dead = await client.job(poison);
      say(
        `${row}: ${JSON.stringify(dead.error)} ${JSON.stringify(dead.deliveries.map(({ outcome, cause: why }) => why ?? outcome))}`,
      );
      expect(dead.state).toBe('dead');
      expect(dead.deliveries).toHaveLength(5);
      expect(JSON.stringify([dead.error, dead.deliveries])).toMatch(cause);
      figure(`${row} deliveries of the poison until it was dead`, dead.deliveries.length, 'deliveries');
      figure(`${row} until the poison was dead and its neighbours done`, Date.now() - startedAt, 'ms');
    },
  );

  it('F23: the memory limit killed containers, and they are back', async () => {
    for (const { name, isRunning } of await containersOf('worker')) {
      if (!isRunning) await backAfter(name, 0);
    }
    const restarts = (await containersOf('worker')).reduce((sum, { restarts: one }) => sum + one, 0);
    figure('F03 and F23 restarts of containers', restarts, 'restarts');
    expect(restarts).toBeGreaterThanOrEqual(2);
  });
});
