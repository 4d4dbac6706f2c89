import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';

/** A real Redis of the test's own: its port, its data folder, its life. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  readonly pid: number;
  /** A new connection; `stop()` closes those that are still open. */
  client(): Redis;
  /** `kill -9`; the data folder stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data; resolves when it answers PING. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * Starts `redis-server` (or what `REDIS_SERVER_BIN` names) with AOF everysec and noeviction.
 * @param extra further arguments, e.g. `['--maxmemory', '20mb']`
 */
export async function startRedis(extra: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'prodwork-redis-'));
  const clients = new Set<Redis>();
  let child: ChildProcess;

  const launch = async (): Promise<void> => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes'];
    child = spawn(
      process.env.REDIS_SERVER_BIN ?? 'redis-server',
      [...args, '--maxmemory-policy', 'noeviction', '--daemonize', 'no', ...extra],
      { stdio: 'ignore' },
    );
    const failed = once(child, 'error').then(([error]) => Promise.reject(error));
    await Promise.race([failed, answersPing(port)]);
  };
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };

  await launch();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    get pid() {
      return child.pid ?? 0;
    },
    client() {
      const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null });
      client.on('error', () => {});
      clients.add(client);
      return client;
    },
    kill: () => kill('SIGKILL'),
    restart: launch,
    async stop() {
      for (const client of clients) client.disconnect();
      await kill('SIGKILL');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function answersPing(port: number): Promise<void> {
  const probe = new Redis(port, '127.0.0.1', { retryStrategy: () => 20, maxRetriesPerRequest: null });
  probe.on('error', () => {});
  try {
    for (;;) {
      const answer = await probe.ping().catch((error: Error) => error.message);
      if (answer === 'PONG') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    probe.disconnect();
  }
}
