import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresSource } from './find.ts';

export type PrivatePostgres = Exclude<PostgresSource, { kind: 'url' }>;

export interface PostgresCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Stands in the process's command line for as long as it lives. */
  readonly mark: string;
  readonly killSignal: 'SIGKILL' | 'SIGTERM';
  readonly url: string;
  /** Where its data is. */
  readonly dir: string;
}

const USER = 'prodwork';
/** The files of another major version cannot be read: each has a folder of its own. */
const folderName = (source: PrivatePostgres): string =>
  `postgres-${/\d+/.exec(source.kind === 'binary' ? source.title : source.image.replace(/^[^:]*:/, ''))?.[0] ?? '0'}`;

/**
 * Prepares the data folder, if there is none yet, and gives the foreground command that runs a private Postgres on a
 * loopback port. Everybody on this machine can reach that port, so it wants a password, which is made once.
 * @throws Error with what `initdb` said
 */
export function postgresCommand(source: PrivatePostgres, port: number, dataDir: string): PostgresCommand {
  mkdirSync(dataDir, { recursive: true });
  const password = passwordIn(dataDir);
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  return source.kind === 'docker'
    ? inDocker(source.image, { port, dir: join(dataDir, folderName(source)), password, url })
    : onMachine(source, { port, dataDir, password, url });
}

function passwordIn(dataDir: string): string {
  const file = join(dataDir, 'postgres-password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

function onMachine(
  source: Extract<PrivatePostgres, { kind: 'binary' }>,
  { port, dataDir, password, url }: { port: number; dataDir: string; password: string; url: string },
): PostgresCommand {
  const owner = serverUser();
  // The server's user could not reach a folder below root's home.
  const home = owner ? join('/var/lib/postgresql', `prodwork-${digest(dataDir)}`) : dataDir;
  const dir = join(home, folderName(source));
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (owner) for (const folder of [home, dir]) chownSync(folder, owner.uid, owner.gid);
  chmodSync(dir, 0o700);
  if (!existsSync(join(dir, 'PG_VERSION'))) initialise(source.bin, home, dir, password, owner);
  const server = [join(source.bin, 'postgres'), '-D', dir, '-p', String(port)];
  const settings = [
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    '-c',
    'log_min_messages=fatal',
  ];
  const drop = owner ? ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'] : [];
  const [command = '', ...args] = [...drop, ...server, ...settings];
  return { command, args, env: {}, mark: `${server[0]} -D ${dir}`, killSignal: 'SIGKILL', url, dir };
}

function initialise(
  bin: string,
  home: string,
  dir: string,
  password: string,
  owner: { uid: number; gid: number } | undefined,
): void {
  const file = join(home, 'initial-password');
  writeFileSync(file, password, { mode: 0o600 });
  if (owner) chownSync(file, owner.uid, owner.gid);
  const options = ['-D', dir, '-U', USER, `--pwfile=${file}`, '--auth=scram-sha-256', '-E', 'UTF8', '--locale=C'];
  try {
    execFileSync(join(bin, 'initdb'), options, { ...owner, cwd: home, stdio: ['ignore', 'ignore', 'pipe'] });
  } finally {
    rmSync(file, { force: true });
  }
}

function inDocker(
  image: string,
  { port, dir, password, url }: { port: number; dir: string; password: string; url: string },
): PostgresCommand {
  mkdirSync(dir, { recursive: true });
  const container = `prodwork-runner-postgres-${port}`;
  const user = process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : [];
  const environment = ['POSTGRES_PASSWORD', 'POSTGRES_USER', 'PGDATA'].flatMap((name) => ['--env', name]);
  const volume = ['--publish', `127.0.0.1:${port}:5432`, '--volume', `${dir}:/data`];
  const run = ['docker', 'run', '--rm', '--name', container, ...user, ...environment, ...volume, image];
  // A container outlives a docker client that was killed, and would hold name and port.
  const script = 'docker rm --force "$0" > /dev/null 2>&1; exec "$@"';
  return {
    command: 'sh',
    args: ['-c', script, container, ...run],
    // Handed over by name, so that the password is in no command line.
    env: { POSTGRES_PASSWORD: password, POSTGRES_USER: USER, PGDATA: '/data/server' },
    mark: container,
    killSignal: 'SIGTERM',
    url: url.replace(/\/postgres$/, `/${USER}`),
    dir,
  };
}

/** Postgres refuses to run as root; its package made a user for it. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
