import { basename } from 'node:path';
import type { RedisSource } from './find.ts';

export type PrivateSource = Exclude<RedisSource, { kind: 'url' }>;

/** Append-only with a write to disk every second, and nothing is ever evicted: what prodwork's promises rest on. */
const SAFE = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', '--save', ''];
/** Inside a container every caller comes from outside; the port is published on loopback alone. */
const OPEN = ['--protected-mode', 'no'];
const PORT_IN_CONTAINER = '6379';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Stands in the process's command line for as long as it lives. */
  readonly mark: string;
  /** What ends it at once. A docker client that is killed would leave its container behind. */
  readonly killSignal: 'SIGKILL' | 'SIGTERM';
}

/** The foreground command that runs a private Redis on a loopback port, its data in `dir`. */
export function serverCommand(source: PrivateSource, port: number, dir: string): ServerCommand {
  const quiet = ['--loglevel', 'warning', '--daemonize', 'no'];
  if (source.kind === 'binary') {
    const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, ...SAFE, ...quiet];
    // Redis rewrites its own command line: `redis-server 127.0.0.1:6390`.
    return { command: source.path, args, mark: `${basename(source.path)} 127.0.0.1:${port}`, killSignal: 'SIGKILL' };
  }
  const container = `prodwork-runner-redis-${port}`;
  const publish = ['--publish', `127.0.0.1:${port}:${PORT_IN_CONTAINER}`, '--volume', `${dir}:/data`];
  // As ourselves, or the data would belong to a user that this machine does not know.
  const user = process.getuid && process.getgid ? ['--user', `${process.getuid()}:${process.getgid()}`] : [];
  const run = ['docker', 'run', '--rm', '--name', container, ...user, ...publish, source.image];
  // A container outlives a docker client that was killed, and would hold name and port.
  const script = 'docker rm --force "$0" > /dev/null 2>&1; exec "$@"';
  return {
    command: 'sh',
    args: ['-c', script, container, ...run, 'valkey-server', ...OPEN, ...SAFE, ...quiet],
    mark: container,
    killSignal: 'SIGTERM',
  };
}

const PREAMBLE = /^\d+:[A-Z] .*? [#*.-] |^\d+:signal-handler \(\d+\) /;
const ROUTINE =
  /oO0OoO|[ (](Redis|Valkey) version=|Configuration loaded|Server initialized|overcommit|User requested shutdown|Received SIGTERM|bye bye/;

/** A line of the server's log as the runner shows it: without its stamp; undefined for what it says at every start and stop. */
export function shownLine(text: string): string | undefined {
  return ROUTINE.test(text) ? undefined : text.replace(PREAMBLE, '');
}
