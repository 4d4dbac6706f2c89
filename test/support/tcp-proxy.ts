import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** How the line behaves. Changes at once, for connections that are open too. */
export interface Line {
  /** Delay of every byte in each direction, ms. */
  readonly latencyMs: number;
  /** 0: no limit. Each direction has its own. */
  readonly bytesPerSecond: number;
  /** Nothing passes and nobody is told: what is sent waits, as TCP would have it, until the line is whole again. */
  readonly isSilent: boolean;
}

const WHOLE: Line = { latencyMs: 0, bytesPerSecond: 0, isSilent: false };

/** A line to a TCP server that can be made slow, cut in silence, or reset. */
export class TcpProxy {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #wake = new Set<() => void>();
  #line = WHOLE;
  #port = 0;
  #opened = 0;

  constructor(targetPort: number, targetHost = '127.0.0.1') {
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = createConnection({ port: targetPort, host: targetHost, noDelay: true });
      const pair = [near, far] as const;
      this.#pairs.add(pair);
      this.#opened++;
      for (const socket of pair) {
        socket.on('error', () => {});
        socket.once('close', () => this.#pairs.delete(pair));
      }
      this.#carry(near, far);
      this.#carry(far, near);
    });
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that were ever made. */
  get opened(): number {
    return this.#opened;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    this.#port = address.port;
  }

  /** What is not named is whole. */
  set(line: Partial<Line>): void {
    this.#line = { ...WHOLE, ...line };
    for (const wake of this.#wake) wake();
    this.#wake.clear();
  }

  /** Both ends of every connection get a reset. */
  resetAll(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
    this.#pairs.clear();
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.set({});
    await closed;
  }

  /** Chunks keep their order; each waits for its latency, and for its turn on a narrow line. */
  #carry(from: Socket, to: Socket): void {
    let freeAt = 0;
    let last: Promise<void> = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      const { latencyMs, bytesPerSecond, isSilent } = this.#line;
      if (latencyMs === 0 && bytesPerSecond === 0 && !isSilent && to.writableLength === 0 && freeAt === 0) {
        to.write(chunk);
        return;
      }
      const now = performance.now();
      const takesMs = bytesPerSecond === 0 ? 0 : (chunk.length / bytesPerSecond) * 1_000;
      freeAt = Math.max(freeAt, now) + takesMs;
      const dueAt = freeAt + latencyMs;
      const before = last;
      last = before.then(async () => {
        await until(dueAt);
        while (this.#line.isSilent && !to.destroyed) await this.#changed();
        if (!to.destroyed) to.write(chunk);
      });
      const mine = last;
      void mine.then(() => {
        if (mine === last) freeAt = 0;
      });
    });
    from.once('close', () => {
      // A cut line carries no farewell either.
      void last.then(async () => {
        while (this.#line.isSilent && !to.destroyed) await this.#changed();
        to.destroy();
      });
    });
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.add(resolve));
  }
}

function until(at: number): Promise<void> {
  const ms = at - performance.now();
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
