import type { Redis } from 'ioredis';
import { ProdworkError } from '../../errors.ts';
import { type Connection, serverOf } from '../../redis/connections.ts';
import { checkSafety } from '../../redis/safety.ts';
import { isAnswered } from '../../redis/script.ts';

/** How long the disk may take, ms: the caller's answer is due within 2 s. */
const DISK_WITHIN_MS = 1_500;

/**
 * `QUEUE_DURABILITY=fsync` over one connection: a submit is accepted when the server's disk has it. WAITAOF speaks of what
 * its own connection wrote, so it is sent where the submit was answered, and only after that answer: a script that had
 * to be sent twice, or elsewhere, would otherwise not be waited for.
 */
export class Durability {
  private readonly connection: Connection;
  /** Servers that were found able, since the connection was last made. */
  private able = new WeakSet<Redis>();

  constructor(connection: Connection) {
    this.connection = connection;
    connection.on('close', () => {
      this.able = new WeakSet();
    });
  }

  /** @throws ProdworkError `PRODWORK_ENGINE_UNSUPPORTED`, before anything is stored, where nothing would wait for the disk. */
  async check(key: string): Promise<void> {
    const server = await serverOf(this.connection, key);
    if (this.able.has(server)) return;
    const { fsyncFault } = await checkSafety(server);
    if (fsyncFault !== undefined) throw new ProdworkError('PRODWORK_ENGINE_UNSUPPORTED', fsyncFault);
    this.able.add(server);
  }

  /** Resolves to what is known when the disk did not confirm; undefined when it did. */
  async fault(key: string): Promise<string | undefined> {
    try {
      const server = await serverOf(this.connection, key);
      const synced = await server.call('WAITAOF', 1, 0, DISK_WITHIN_MS);
      return Array.isArray(synced) && Number(synced[0]) >= 1 ? undefined : 'the disk did not confirm in time';
    } catch (error) {
      if (isAnswered(error) && error instanceof Error) return `the disk was not waited for: ${error.message}`;
      return 'the connection ended before the disk had confirmed';
    }
  }
}
