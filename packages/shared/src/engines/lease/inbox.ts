import type { Log } from '../../log.ts';
import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  whenReady,
} from '../../redis/connections.ts';

/** How long a pop blocks, s, and how much longer the client waits for its answer, ms. */
const BLOCK_SECONDS = 2;
const BEYOND_MS = 1_000;
/** Messages taken at once. */
const BATCH = 500;

export interface InboxHooks {
  onMessages(messages: readonly string[]): void;
  /** Messages may have been popped without arriving. */
  onBroken(): void;
  /** The loop made a full turn, or tried to. */
  onTurn(): void;
}

/**
 * Blocks on this worker's own inbox. Its connection serves nothing else, and is replaced, never reused, when an answer
 * is overdue: the old one could still pop a message that nobody reads.
 */
export class Inbox {
  private readonly url: string;
  private readonly log: Log;
  private readonly hooks: InboxHooks;
  private connection: Connection | undefined;
  private generation = 0;

  constructor(url: string, log: Log, hooks: InboxHooks) {
    this.url = url;
    this.log = log;
    this.hooks = hooks;
  }

  /** Listens on `key` through connections called `name`; what it listened on before is left. */
  open(key: string, name: string): void {
    this.close();
    void this.listen(key, name, ++this.generation);
  }

  close(): void {
    this.generation++;
    if (this.connection !== undefined) closeConnection(this.connection);
    this.connection = undefined;
  }

  private async listen(key: string, name: string, generation: number): Promise<void> {
    const isCurrent = (): boolean => generation === this.generation;
    while (isCurrent()) {
      const connection = createConnection(this.url, { name, silenceMs: BLOCK_SECONDS * 1000 + BEYOND_MS });
      this.connection = connection;
      connection.on('reconnecting', () => this.hooks.onTurn());
      keepConnected(connection);
      try {
        while (isCurrent()) {
          await ready(connection, isCurrent);
          const reply = await connection.blmpop(BLOCK_SECONDS, 1, key, 'LEFT', 'COUNT', BATCH);
          if (!isCurrent()) return;
          this.hooks.onTurn();
          if (reply !== null) this.hooks.onMessages(reply[1]);
        }
      } catch (err) {
        if (!isCurrent()) return;
        this.log.debug({ err }, 'the inbox connection ended; opening another one');
        this.hooks.onTurn();
        this.hooks.onBroken();
      } finally {
        closeConnection(connection);
      }
    }
  }
}

/** Waits for as long as it takes: the connection goes on trying by itself. */
export async function ready(connection: Connection, isCurrent: () => boolean): Promise<void> {
  while (isCurrent()) {
    try {
      return await whenReady(connection, 5_000);
    } catch (error) {
      if (connection.status === 'end') throw error;
    }
  }
}
