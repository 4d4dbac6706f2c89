import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

/**
 * A line to Redis that can be hurt: frozen (bytes wait, nobody is told), reset, or slowed.
 * What it does is what a network does; it never changes a byte.
 */
export class TcpProxy {
  readonly #target: number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #server: Server | undefined;
  #isFrozen = false;
  /** Added to every chunk, each way, ms. */
  latencyMs = 0;
  port = 0;

  constructor(targetPort: number) {
    this.#target = targetPort;
  }

  async start(): Promise<void> {
    this.#server = createServer((near) => this.#join(near)).listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.port = address.port;
  }

  async stop(): Promise<void> {
    this.reset();
    this.#server?.close();
  }

  /** Silence: connections stay, nothing passes, new ones are accepted and hear nothing. */
  freeze(): void {
    this.#isFrozen = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** What was cut off is gone: as when the packets of a minute were dropped. */
  heal(): void {
    this.#isFrozen = false;
    this.reset();
  }

  /** Every connection ends at once. */
  reset(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  #join(near: Socket): void {
    const far = createConnection(this.#target, '127.0.0.1');
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => {});
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      from.on('data', (chunk) => this.#pass(to, chunk));
      if (this.#isFrozen) from.pause();
    }
  }

  #pass(to: Socket, chunk: Buffer): void {
    if (this.latencyMs === 0) to.write(chunk);
    else setTimeout(() => to.write(chunk), this.latencyMs);
  }
}
