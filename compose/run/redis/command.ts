import { basename } from 'node:path';
import type { RedisSource } from './find.ts';

export type PrivateSource = Exclude<RedisSource, { kind: 'url' }>;

/** Append-only with a write to disk every second, and nothing is ever evicted: what prodwork's promises rest on. */
const SAFE = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction', '--save', ''];
const PORT_IN_CONTAINER = '6379';

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Stands in the process's command line for as long as it lives. */
  readonly mark: string;
  /** A container of a killed runner that must go first. */
  readonly container?: string;
}

/** The foreground command that runs a private Redis on a loopback port, its data in `dir`. */
export function serverCommand(source: PrivateSource, port: number, dir: string): ServerCommand {
  const quiet = ['--loglevel', 'warning', '--daemonize', 'no'];
  if (source.kind === 'binary') {
    const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, ...SAFE, ...quiet];
    // Redis rewrites its own command line: `redis-server 127.0.0.1:6390`.
    return { command: source.path, args, mark: `${basename(source.path)} 127.0.0.1:${port}` };
  }
  const container = `prodwork-runner-redis-${port}`;
  const publish = ['--publish', `127.0.0.1:${port}:${PORT_IN_CONTAINER}`, '--volume', `${dir}:/data`];
  return {
    command: 'docker',
    args: ['run', '--rm', '--name', container, ...publish, source.image, 'redis-server', ...SAFE, ...quiet],
    mark: container,
    container,
  };
}

const PREAMBLE = /^\d+:[A-Z] .*? [#*.-] |^\d+:signal-handler \(\d+\) /;
const ROUTINE =
  /oO0OoO|[ (](Redis|Valkey) version=|Configuration loaded|Server initialized|overcommit|User requested shutdown|Received SIGTERM|bye bye/;

/** A line of the server's log as the runner shows it: without its stamp; undefined for what it says at every start and stop. */
export function shownLine(text: string): string | undefined {
  return ROUTINE.test(text) ? undefined : text.replace(PREAMBLE, '');
}
