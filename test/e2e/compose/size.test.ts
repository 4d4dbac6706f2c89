import { afterAll, describe, expect, it } from 'vitest';
import { containersOf, must } from './docker.ts';
import { figure } from './figures.ts';
import { freshStack, removeStack } from './stack.ts';

const bytesOf = async (image: string): Promise<number> =>
  Number(await must(`docker image inspect --format '{{.Size}}' ${image}`));

afterAll(removeStack);

describe('the images', () => {
  it('are small: the base, the node program, and what the service needs', async () => {
    // Without the base, which may be a stand-in here and is shared by all of them.
    const base = await bytesOf(/^ARG BASE_IMAGE=(\S+)$/m.exec(await must('cat compose/Dockerfile'))?.[1] ?? '');
    for (const image of ['prodwork-producer', 'prodwork-worker']) {
      const all = await bytesOf(image);
      figure(`size of ${image}`, Math.round(all / 1e6), `MB, of which the base has ${Math.round(base / 1e6)} MB`);
      expect(all - base).toBeLessThan(200e6);
    }
  });

  it('start in seconds', async () => {
    const startedAt = Date.now();
    await freshStack({ workers: 3 });
    figure('docker compose up with three workers, empty volumes, until all is healthy', Date.now() - startedAt, 'ms');
    const restartAt = Date.now();
    await must('docker compose stop && docker compose up -d --wait --no-build --scale worker=3');
    figure('the same stack stopped, and up again', Date.now() - restartAt, 'ms');
    for (const { name, health } of await containersOf('worker')) expect([name, health]).toEqual([name, 'healthy']);
  });
});
