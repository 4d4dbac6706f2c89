import type { PackageManager } from '../system.ts';

/** A server program of this machine. */
export interface ServerBinary {
  readonly kind: 'binary';
  readonly path: string;
  /** As people say it: `Redis 7.0.15`. */
  readonly title: string;
}

export type RedisSource =
  | { readonly kind: 'url'; readonly url: string }
  | ServerBinary
  | { readonly kind: 'docker'; readonly image: string };

/** What the search looks at; tests give their own. */
export interface Probes {
  readonly which: (name: string) => string | undefined;
  /** What `<path> --version` prints. */
  readonly versionText: (path: string) => Promise<string>;
  /** False when no engine answers. */
  readonly hasDockerEngine: () => Promise<boolean>;
  /** Makes sure that the image is there, and fetches it if need be; false when it cannot be had. */
  readonly hasImage: (image: string) => Promise<boolean>;
  readonly isRoot: boolean;
  readonly packageManager: PackageManager | undefined;
  readonly aptInstall: (packageName: string) => Promise<void>;
  readonly say: (text: string) => void;
}

/** The server of the compose stack (`compose/stack.yaml`; a test compares the two). */
export const REDIS_IMAGE = 'valkey/valkey:9.1.4-trixie';
const OLDEST = { Redis: 7, Valkey: 8 } as const;

export class NoRedisError extends Error {}

/**
 * Where a Redis comes from: `REDIS_URL`, a server program on PATH, a Docker engine, Debian's package (root only).
 * @throws NoRedisError with the line that installs one on this system
 */
export async function findRedis(redisUrl: string | undefined, probes: Probes): Promise<RedisSource> {
  if (redisUrl !== undefined && redisUrl !== '') return { kind: 'url', url: redisUrl };
  const onPath = await serverOnPath(probes);
  if (onPath !== undefined) return onPath;
  if (await probes.hasDockerEngine()) {
    if (await probes.hasImage(REDIS_IMAGE)) return { kind: 'docker', image: REDIS_IMAGE };
    probes.say(`Docker answers, but the image ${REDIS_IMAGE} cannot be fetched; not used`);
  }
  return installedServer(probes);
}

/** For those who need a program to start and stop at will, as the tests do. */
export async function findServerBinary(probes: Probes): Promise<ServerBinary> {
  return (await serverOnPath(probes)) ?? (await installedServer(probes));
}

async function serverOnPath(probes: Probes): Promise<ServerBinary | undefined> {
  for (const name of ['valkey-server', 'redis-server']) {
    const path = probes.which(name);
    if (path === undefined) continue;
    const found = parseVersion(await probes.versionText(path));
    if (found === undefined) {
      probes.say(`${path} does not tell its version; not used`);
    } else if (Number(found.version.split('.')[0]) < OLDEST[found.name]) {
      probes.say(`${path} is ${found.name} ${found.version}; ${OLDEST[found.name]}.0 or later is needed; not used`);
    } else {
      return { kind: 'binary', path, title: `${found.name} ${found.version}` };
    }
  }
  return undefined;
}

/** `Redis server v=7.0.15 sha=...`, `Valkey server v=8.1.1 ...`. Valkey may also come under Redis's name. */
function parseVersion(text: string): { name: 'Redis' | 'Valkey'; version: string } | undefined {
  const match = /(Redis|Valkey) server v=(\d+(?:\.\d+)*)/.exec(text);
  if (match?.[2] === undefined) return undefined;
  return { name: match[1] === 'Valkey' ? 'Valkey' : 'Redis', version: match[2] };
}

async function installedServer(probes: Probes): Promise<ServerBinary> {
  const advice = installLine(probes.packageManager);
  if (!probes.isRoot || probes.packageManager !== 'apt') {
    throw new NoRedisError(
      `no Redis found. Install one with:\n  ${advice}\nor name a running one: REDIS_URL=redis://host:6379`,
    );
  }
  probes.say('no Redis found; taking the package redis-server; its system service stays off');
  try {
    await probes.aptInstall('redis-server');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NoRedisError(`${reason}\nname a running Redis instead: REDIS_URL=redis://host:6379`);
  }
  const found = await serverOnPath(probes);
  if (found === undefined) {
    throw new NoRedisError("this system's Redis is too old. Name a newer one: REDIS_URL=redis://host:6379");
  }
  return found;
}

/** The command that installs a Redis or Valkey on this system. */
export function installLine(manager: PackageManager | undefined): string {
  switch (manager) {
    case 'apt':
      return 'sudo apt-get update && sudo apt-get install -y redis-server';
    case 'dnf':
      return 'sudo dnf install -y valkey';
    case 'apk':
      return 'sudo apk add valkey';
    case 'pacman':
      return 'sudo pacman -S valkey';
    case 'zypper':
      return 'sudo zypper install -y valkey';
    case 'brew':
      return 'brew install valkey';
    case undefined:
      return "your system's package of valkey or redis (https://valkey.io/download)";
  }
}
