import { afterAll, describe, expect, it } from 'vitest';
import { containersOf, must } from './docker.ts';
import { figure } from './figures.ts';
import { freshStack, removeStack } from './stack.ts';

const bytesOf = async (image: string): Promise<number> =>
  Number(await must(`docker image inspect --format '{{.Size}}' ${image}`));

afterAll(removeStack);

describe('the images', () => {
  it('are small: the node program, the libraries that it needs, and what the service needs', async () => {
    for (const image of ['prodwork-producer', 'prodwork-worker', 'prodwork-init']) {
      const bytes = await bytesOf(image);
      figure(`size of ${image}`, Math.round(bytes / 1e6), 'MB');
      expect(bytes).toBeLessThan(250e6);
    }
    const script = 'console.log(require("fs").statSync(process.execPath).size)';
    const node = Number(await must(`docker run --rm --network none prodwork-worker -e '${script}'`));
    figure('of that, the node program', Math.round(node / 1e6), 'MB');
  });

  it('start in seconds', async () => {
    const startedAt = Date.now();
    await freshStack({ workers: 3 });
    figure('compose up, empty volumes, until all is healthy', Date.now() - startedAt, 'ms');
    const stopAt = Date.now();
    await must('docker compose stop');
    figure('compose stop', Date.now() - stopAt, 'ms');
    const restartAt = Date.now();
    await must('docker compose up -d --wait --no-build --scale worker=3');
    figure('compose up again, until all is healthy', Date.now() - restartAt, 'ms');
    for (const { name, health } of await containersOf('worker')) expect([name, health]).toEqual([name, 'healthy']);
  });
});
