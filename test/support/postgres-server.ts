import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openPostgres, type Postgres } from 'prodwork/postgres/pool';
import { freePort } from './redis-server.ts';

/** A real Postgres of the test's own: its port, its data folder, its life. */
export interface PostgresServer {
  readonly port: number;
  /** A connection string for a database; it need not exist yet. */
  url(database?: string): string;
  /** Makes an empty database and returns its connection string. */
  create(database: string): Promise<string>;
  /** A pool as superuser, outside what is tested; `stop()` closes it. */
  readonly admin: Postgres;
  /** Another one, on this database; the caller closes it. */
  pool(database: string): Postgres;
  /** Resolves when it answers a query. */
  start(): Promise<void>;
  /** `kill -9` of the server and all its processes; the data folder stays. */
  kill(): Promise<void>;
  /** SIGSTOP of every process: connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
  /** Kills it and removes the data. */
  stop(): Promise<void>;
}

const START_WITHIN_MS = 30_000;

/** The folder with `postgres` and `initdb`, or undefined on a machine without a server. */
export function postgresBin(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** Postgres refuses to run as root: there it runs as the user that its package made. */
function identity(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/**
 * Prepares a server and starts it.
 * @param settings more `-c` settings, e.g. `{ max_connections: '20' }`
 * @param isLate leaves the start to the test.
 */
export async function startPostgres(settings: Record<string, string> = {}, isLate = false): Promise<PostgresServer> {
  const bin = postgresBin();
  if (bin === undefined) throw new Error('no Postgres server on this machine');
  const port = await freePort();
  const user = identity();
  const home = await mkdtemp('/tmp/prodwork-postgres-');
  const data = join(home, 'data');
  await mkdir(data, { mode: 0o700 });
  if (user) for (const folder of [home, data]) await chown(folder, user.uid, user.gid);
  execFileSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'prodwork', '--auth=trust', '--no-sync', '-E', 'UTF8', '--locale=C'],
    { ...user, cwd: home, stdio: 'ignore' },
  );
  const fixed = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off', port: String(port) };
  const args = Object.entries({ ...fixed, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const url = (database = 'postgres') => `postgres://prodwork@127.0.0.1:${port}/${database}`;
  const pool = (database?: string) =>
    openPostgres({ url: url(database), name: 'test', max: 2, statementTimeoutMs: 30_000 });
  const admin = pool();
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    for (const giveUpAt = Date.now() + START_WITHIN_MS; ; ) {
      const server = spawn(join(bin, 'postgres'), ['-D', data, ...args], {
        ...{ ...user, cwd: home },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child = server;
      let said = '';
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-2_000);
      });
      if (await answers(admin, server)) return;
      // After a kill its shared memory is taken until the last of its processes has gone.
      if (Date.now() > giveUpAt) throw new Error(`Postgres does not start: ${said}`);
    }
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // Held still first: a server that goes on meanwhile could start a process that is on no list.
    child.kill('SIGSTOP');
    signalAll(child, 'SIGKILL');
    await exited;
  };
  if (!isLate) await start();
  return {
    port,
    url,
    admin,
    pool,
    start,
    kill,
    async create(database) {
      await admin.query(`create database "${database}"`);
      return url(database);
    },
    pause() {
      child?.kill('SIGSTOP');
      signalAll(child, 'SIGSTOP');
    },
    resume: () => signalAll(child, 'SIGCONT'),
    async stop() {
      await kill();
      await admin.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The server and its backends: each of those is a process of its own, and a group of its own. */
function signalAll(server: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (server?.pid === undefined) return;
  const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ');
  for (const pid of [server.pid, ...children.filter(Boolean).map(Number)]) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has just ended by itself.
    }
  }
}

/** @returns false when the server ended instead. */
async function answers(admin: Postgres, server: ChildProcess): Promise<boolean> {
  while (server.exitCode === null && server.signalCode === null) {
    const isThere = await admin.query('select 1').then(
      () => true,
      () => false,
    );
    if (isThere) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
