import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';

export interface ChaosRedisOptions {
  readonly port: number;
  /** Folder of its data; made when it is not there. */
  readonly dir: string;
  readonly logFile: string;
  readonly args?: readonly string[];
}

const SAFE = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', '--save', ''];

/** A run that is broken off leaves no server behind. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** The Redis of a run: killed, restarted, filled and emptied by the faults. */
export class ChaosRedis {
  readonly port: number;
  readonly dir: string;
  readonly #logFile: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;
  #admin: Redis | undefined;

  constructor({ port, dir, logFile, args = [] }: ChaosRedisOptions) {
    this.port = port;
    this.dir = dir;
    this.#logFile = logFile;
    this.#args = args;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isAlive(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The runner's own connection; comes back by itself when Redis does. */
  get admin(): Redis {
    if (this.#admin === undefined) {
      const retryStrategy = (): number => 100;
      this.#admin = new Redis(this.port, '127.0.0.1', {
        retryStrategy,
        maxRetriesPerRequest: 0,
        connectionName: 'chaos',
      });
      this.#admin.on('error', () => {});
    }
    return this.#admin;
  }

  /**
   * Starts it and waits until it answers.
   * @param until `ready`: PING is answered PONG; `reachable`: it may still be loading its data.
   */
  async start(extra: readonly string[] = [], until: 'ready' | 'reachable' = 'ready'): Promise<void> {
    mkdirSync(this.dir, { recursive: true });
    const log = openSync(this.#logFile, 'a');
    const args = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--dir',
      this.dir,
      ...SAFE,
      ...this.#args,
      ...extra,
    ];
    const child = spawn(process.env.REDIS_SERVER_BIN ?? 'redis-server', args, {
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    living.add(child);
    child.once('exit', () => living.delete(child));
    const died = once(child, 'exit').then(([code, signal]) => `ended with ${code ?? signal}`);
    const failed = once(child, 'error').then(([error]) => String(error));
    const answer = await Promise.race([this.#answers(until), died, failed]);
    if (answer !== true) throw new Error(`Redis did not start: ${answer}; see ${this.#logFile}`);
  }

  async #answers(until: 'ready' | 'reachable'): Promise<true> {
    for (;;) {
      const answer = await ping(this.port);
      if (answer.startsWith('+PONG') || (until === 'reachable' && answer.startsWith('-LOADING'))) return true;
      await wait(10);
    }
  }

  /** Gives it the processor before all other work, as on a machine of its own. @returns whether that is permitted */
  takePrecedence(): boolean {
    const args = ['--reset-on-fork', '--fifo', '--pid', '1', String(this.pid)];
    return spawnSync('chrt', args, { stdio: 'ignore' }).status === 0;
  }

  /**
   * What it has answered for and not yet written: with `everysec` Redis puts a write off, for 2 s at most, while an fsync is
   * under way. 0 when it does not say.
   */
  async unwrittenBytes(): Promise<number> {
    const info = await Promise.race([this.admin.info('persistence').catch(() => ''), wait(300).then(() => '')]);
    return Number(/aof_buffer_length:(\d+)/.exec(info)?.[1] ?? 0);
  }

  /** Resolves when it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isAlive) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** Its data folder, emptied: what comes back next is another data set. */
  forgetData(): void {
    rmSync(join(this.dir, 'appendonlydir'), { recursive: true, force: true });
    rmSync(join(this.dir, 'dump.rdb'), { force: true });
  }

  async close(): Promise<void> {
    this.#admin?.disconnect();
    await this.end('SIGKILL');
  }
}

/** What the server says to a PING; empty when it says nothing within a second. */
export function ping(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (data: Buffer) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(''));
  });
}
