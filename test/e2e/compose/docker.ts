import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './wait.ts';

/** The root of the repository: every command runs there, as a reader of the tour would. */
export const ROOT = join(import.meta.dirname, '..', '..', '..');

export interface Done {
  readonly code: number;
  readonly out: string;
}

/** Runs one line of bash. Standard error joins the output; `sudo` is left out where there is none. */
export async function bash(line: string, env: NodeJS.ProcessEnv = {}): Promise<Done> {
  const withoutSudo = 'command -v sudo >/dev/null || sudo() { "$@"; }\n';
  const child = spawn('bash', ['-c', `exec 2>&1\n${withoutSudo}${line}`], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : 128 + (signal === 'SIGKILL' ? 9 : 15), out: out.trim() };
}

/** As `bash`, but anything other than exit code 0 is an error that shows the output. */
export async function must(line: string, env?: NodeJS.ProcessEnv): Promise<string> {
  const { code, out } = await bash(line, env);
  if (code !== 0) throw new Error(`exit code ${code}: ${line}\n${out}`);
  return out;
}

/** What `docker inspect` tells of one container, as far as the tests read it. */
export interface Container {
  readonly name: string;
  readonly id: string;
  /** Its process lives. Docker's own word is also said of a container that waits to be restarted. */
  readonly isRunning: boolean;
  readonly pid: number;
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  readonly restarts: number;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly health: string;
  readonly image: string;
}

const FORMAT = [
  '{{.Name}}',
  '{{.Id}}',
  '{{.State.Running}}',
  '{{.State.Pid}}',
  '{{.State.ExitCode}}',
  '{{.State.OOMKilled}}',
  '{{.RestartCount}}',
  '{{.State.StartedAt}}',
  '{{.State.FinishedAt}}',
  '{{if .State.Health}}{{.State.Health.Status}}{{end}}',
  '{{.Config.Image}}',
].join('|');

export async function inspect(...names: string[]): Promise<Container[]> {
  if (names.length === 0) return [];
  const out = await must(`docker inspect --format '${FORMAT}' ${names.join(' ')}`);
  return out.split('\n').map((line) => {
    const [
      name = '',
      id = '',
      running,
      pid,
      code,
      oom,
      restarts,
      started = '',
      finished = '',
      health = '',
      image = '',
    ] = line.split('|');
    return {
      name: name.replace(/^\//, ''),
      id,
      isRunning: running === 'true' && pid !== '0',
      pid: Number(pid),
      exitCode: Number(code),
      isOomKilled: oom === 'true',
      restarts: Number(restarts),
      startedAt: Date.parse(started),
      finishedAt: Date.parse(finished),
      health,
      image,
    };
  });
}

export async function inspectOne(name: string): Promise<Container> {
  const [container] = await inspect(name);
  if (container === undefined) throw new Error(`no container ${name}`);
  return container;
}

/** Containers of one service that exist, running or not, in the order of their numbers. */
export async function containersOf(service: string): Promise<Container[]> {
  const out = await must(`docker compose ps --all --format '{{.Name}}' ${service}`);
  return inspect(...out.split('\n').filter(Boolean).sort());
}

/**
 * `kill -9` of the container's first process, as the tour does it: from outside, so that the restart policy applies.
 * Returns when it was done, epoch ms.
 */
export async function killNow(...names: string[]): Promise<number> {
  const containers = await inspect(...names);
  const at = Date.now();
  for (const { name, pid, isRunning } of containers) {
    if (!isRunning || pid === 0) throw new Error(`${name} does not run`);
    process.kill(pid, 'SIGKILL');
  }
  return at;
}

/** Resolves with the ms from `since` until the container's process had started anew, by Docker's own account. */
export async function backAfter(name: string, since: number): Promise<number> {
  const container = await until(`${name} runs again`, async () => {
    const now = await inspectOne(name);
    return now.isRunning && now.startedAt > since && now;
  });
  return container.startedAt - since;
}

export const becomesHealthy = (name: string): Promise<Container> =>
  until(`${name} is healthy`, async () => {
    const container = await inspectOne(name);
    return container.health === 'healthy' && container;
  });

/** How many connections to `port` are open in the network of this process. */
export function openConnections(pid: number, port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const isOpen = new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F]+:[0-9A-F]{4} 01 `);
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .filter((line) => isOpen.test(line)).length;
}
