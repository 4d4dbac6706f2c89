import {
  type Connection,
  closeConnection,
  createConnection,
  keepConnected,
  serverOf,
  whenReady,
} from '../../redis/connections.ts';

const BLOCK_SECONDS = 2;
/** Past the block by a second and no answer: the line is dead, whatever the socket says. */
const DEADLINE_MS = 3_000;
const CONNECT_WITHIN_MS = 2_000;

/** A connection that does nothing but wait for the next element. Replaced, never reused, when a deadline passes. */
export class BlockingPop {
  readonly #url: string;
  readonly #name: string;
  readonly #key: string;
  #connection: Connection | undefined;
  #clientId: number | undefined;
  #isWaiting = false;
  #isEnding = false;

  constructor(url: string, name: string, key: string) {
    this.#url = url;
    this.#name = name;
    this.#key = key;
  }

  get isReady(): boolean {
    return this.#connection?.status === 'ready';
  }

  /**
   * The next element, or undefined when none came within two seconds.
   * @throws when the server is away; the next call tries again.
   */
  async pop(): Promise<string | undefined> {
    const connection = this.#open();
    await whenReady(connection, CONNECT_WITHIN_MS);
    const server = await serverOf(connection, this.#key);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('the blocking pop did not return')), DEADLINE_MS);
    try {
      this.#clientId ??= Number(await Promise.race([server.client('ID'), late.promise]));
      if (this.#isEnding) return undefined;
      this.#isWaiting = true;
      const popped = await Promise.race([connection.brpop(this.#key, BLOCK_SECONDS), late.promise]);
      return popped?.[1];
    } catch (error) {
      this.close();
      throw error;
    } finally {
      clearTimeout(timer);
      this.#isWaiting = false;
    }
  }

  /** Ends a wait that is under way, and every later one; what was popped before is still returned. */
  async end(by: Connection): Promise<void> {
    this.#isEnding = true;
    // Asked again until it has ended: the server may read this before it reads the pop.
    while (this.#isWaiting && this.#clientId !== undefined && by.status === 'ready') {
      const server = await serverOf(by, this.#key);
      await server.client('UNBLOCK', this.#clientId);
    }
  }

  close(): void {
    if (this.#connection) closeConnection(this.#connection);
    this.#connection = undefined;
  }

  #open(): Connection {
    if (this.#connection && this.#connection.status !== 'end') return this.#connection;
    const connection = createConnection(this.#url, { name: this.#name, silenceMs: DEADLINE_MS + 1_000 });
    connection.on('close', () => {
      if (this.#connection === connection) this.#clientId = undefined;
    });
    this.#clientId = undefined;
    this.#connection = connection;
    keepConnected(connection);
    return connection;
  }
}
