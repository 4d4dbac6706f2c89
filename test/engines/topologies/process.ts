import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { freePort } from '../../support/redis-server.ts';

const BASE = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];

/** One server process with a folder of its own. */
export class ServerProcess {
  readonly port: number;
  readonly dir: string;
  readonly #args: readonly string[];
  readonly #tls: RedisOptions['tls'];
  #child: ChildProcess | undefined;

  private constructor(port: number, dir: string, args: readonly string[], tls: RedisOptions['tls']) {
    this.port = port;
    this.dir = dir;
    this.#args = args;
    this.#tls = tls;
  }

  /** @param args are made once port and folder are known */
  static async start(
    args: (port: number, dir: string) => readonly string[] | Promise<readonly string[]>,
    tls?: RedisOptions['tls'],
  ): Promise<ServerProcess> {
    const port = await freePort();
    const dir = await mkdtemp(join(tmpdir(), 'prodwork-engines-'));
    const server = new ServerProcess(port, dir, await args(port, dir), tls);
    await server.launch();
    return server;
  }

  /** Arguments of a server of data: append-only file, no eviction, no plain port with TLS. */
  static data(...extra: readonly string[]): (port: number, dir: string) => readonly string[] {
    return (port, dir) => ['--port', String(port), '--dir', dir, ...BASE, ...extra];
  }

  async launch(): Promise<void> {
    const child = spawn(process.env.REDIS_SERVER_BIN ?? 'redis-server', [...this.#args], { stdio: 'ignore' });
    this.#child = child;
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended at its start (exit code ${code}): ${this.#args.join(' ')}`);
    });
    ended.catch(() => {});
    await Promise.race([ended, this.ask((client) => client.ping())]);
  }

  /** Asks through a connection of its own, again and again until it is answered. */
  async ask<T>(question: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.port, '127.0.0.1', {
      retryStrategy: () => 20,
      maxRetriesPerRequest: null,
      ...(this.#tls === undefined ? {} : { tls: this.#tls }),
    });
    client.on('error', () => {});
    try {
      return await question(client);
    } finally {
      client.disconnect();
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}
