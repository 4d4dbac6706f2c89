import { closeConnection, createConnection, keepConnected, serverOf, whenReady } from 'prodwork/redis/connections';
import { checkSafety } from 'prodwork/redis/safety';
import { expect, test } from 'vitest';
import { Lab } from '../../conformance/lab.ts';

/** `QUEUE_DURABILITY=fsync`: kept where the server can wait for its disk, refused where it cannot. */
export function durabilityTopic(url: () => string): void {
  test('with fsync a submit waits for the disk, or is refused where nothing could, with nothing stored', async () => {
    const lab = await Lab.open('lease', url(), { durability: 'fsync' });
    const connection = createConnection(url(), { name: 'look', silenceMs: 5_000 });
    keepConnected(connection);
    await whenReady(connection, 5_000);
    const server = await serverOf(connection, `${lab.prefix}:{${lab.queue}:0}:meta`);
    const waits = async (): Promise<number> =>
      Number(/cmdstat_waitaof:calls=(\d+)/.exec(await server.info('commandstats'))?.[1] ?? 0);
    const before = await waits();
    const { fsyncFault } = await checkSafety(server);
    const { isReady, refusal } = await lab.engine.health();
    expect({ isReady, refusal }).toEqual({ isReady: fsyncFault === undefined, refusal: fsyncFault });
    if (fsyncFault === undefined) {
      const { id } = await lab.submit();
      expect(await waits()).toBe(before + 1);
      const worker = await lab.worker();
      expect((await worker.complete(1))[0]?.id).toBe(id);
    } else {
      await expect(lab.submit()).rejects.toMatchObject({ code: 'PRODWORK_ENGINE_UNSUPPORTED' });
      expect((await lab.counts()).waiting).toBe(0);
    }
    closeConnection(connection);
    await lab.close();
  });
}
