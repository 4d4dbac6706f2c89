import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first executable of this name on PATH. */
export function which(name: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // not here
    }
  }
  return undefined;
}

export type PackageManager = 'apt' | 'dnf' | 'apk' | 'pacman' | 'zypper' | 'brew';

const BY_DISTRIBUTION: Readonly<Record<string, PackageManager>> = {
  debian: 'apt',
  ubuntu: 'apt',
  fedora: 'dnf',
  rhel: 'dnf',
  alpine: 'apk',
  arch: 'pacman',
  suse: 'zypper',
  opensuse: 'zypper',
};

/** How this system installs packages, read from `/etc/os-release` (ID, then ID_LIKE). */
export function packageManager(platform: string, osRelease: string): PackageManager | undefined {
  if (platform === 'darwin') return 'brew';
  const words = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(
    (match) => match[1]?.split(/\s+/) ?? [],
  );
  return words.map((word) => BY_DISTRIBUTION[word]).find((manager) => manager !== undefined);
}

export function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
