import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Probes } from '../redis/find.ts';
import type { PackageManager } from '../system.ts';

export type PostgresSource =
  | { readonly kind: 'url'; readonly url: string }
  /** Folder with `postgres` and `initdb`. */
  | { readonly kind: 'binary'; readonly bin: string; readonly title: string }
  | { readonly kind: 'docker'; readonly image: string };

/** The server of the compose stack (`compose/noteboard.yaml`; a test compares the two). */
export const POSTGRES_IMAGE = 'postgres:17-trixie';
const OLDEST = 14;
/** Where Debian and Ubuntu put servers: never on PATH, one folder per version. */
const DEBIAN = '/usr/lib/postgresql';

export class NoPostgresError extends Error {}

export type PostgresProbes = Probes & { readonly debianBins: () => readonly string[] };

/** Debian's folders of server programs, newest first. */
export function debianBins(): readonly string[] {
  try {
    const versions = readdirSync(DEBIAN).filter((name) => /^\d+$/.test(name));
    return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(DEBIAN, version, 'bin'));
  } catch {
    return [];
  }
}

/**
 * Where a Postgres comes from, in the order in which a Redis is looked for: `DATABASE_URL`, server programs of this
 * machine, a Docker engine, Debian's package (root only).
 * @throws NoPostgresError with the line that installs one on this system
 */
export async function findPostgres(databaseUrl: string | undefined, probes: PostgresProbes): Promise<PostgresSource> {
  if (databaseUrl !== undefined && databaseUrl !== '') return { kind: 'url', url: databaseUrl };
  const here = await serverHere(probes);
  if (here !== undefined) return here;
  if (await probes.hasDockerEngine()) {
    if (await probes.hasImage(POSTGRES_IMAGE)) return { kind: 'docker', image: POSTGRES_IMAGE };
    probes.say(`Docker answers, but the image ${POSTGRES_IMAGE} cannot be fetched; not used`);
  }
  return installed(probes);
}

async function serverHere(probes: PostgresProbes): Promise<PostgresSource | undefined> {
  const onPath = probes.which('postgres');
  for (const bin of [...(onPath === undefined ? [] : [dirname(onPath)]), ...probes.debianBins()]) {
    const version = /(\d+)(\.\d+)*/.exec(await probes.versionText(join(bin, 'postgres')));
    if (version === null) continue;
    if (Number(version[1]) >= OLDEST) return { kind: 'binary', bin, title: `Postgres ${version[0]}` };
    probes.say(`${bin} has Postgres ${version[0]}; ${OLDEST} or later is needed; not used`);
  }
  return undefined;
}

async function installed(probes: PostgresProbes): Promise<PostgresSource> {
  const advice = `${postgresInstallLine(probes.packageManager)}\nor name a running one: DATABASE_URL=postgres://user:password@host/name`;
  if (!probes.isRoot || probes.packageManager !== 'apt') {
    throw new NoPostgresError(`no Postgres found. Install one with:\n  ${advice}`);
  }
  probes.say('no Postgres found; taking the package postgresql; its system service stays off');
  try {
    await probes.aptInstall('postgresql');
  } catch (error) {
    throw new NoPostgresError(error instanceof Error ? error.message : String(error));
  }
  const found = await serverHere(probes);
  if (found === undefined) throw new NoPostgresError(`this system's Postgres is too old. ${advice}`);
  return found;
}

/** The command that installs a Postgres server on this system. */
export function postgresInstallLine(manager: PackageManager | undefined): string {
  switch (manager) {
    case 'apt':
      return 'sudo apt-get update && sudo apt-get install -y postgresql';
    case 'dnf':
      return 'sudo dnf install -y postgresql-server';
    case 'apk':
      return 'sudo apk add postgresql';
    case 'pacman':
      return 'sudo pacman -S postgresql';
    case 'zypper':
      return 'sudo zypper install -y postgresql-server';
    case 'brew':
      return 'brew install postgresql@17';
    case undefined:
      return "your system's package of the Postgres server (https://www.postgresql.org/download)";
  }
}
