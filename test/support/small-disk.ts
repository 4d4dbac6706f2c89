import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';

/** A file system in memory with next to no room, to fill up. Needs the right to mount. */
export interface SmallDisk {
  readonly path: string;
  grow(megabytes: number): Promise<void>;
  remove(): Promise<void>;
}

const mount = (...args: string[]): void => {
  execFileSync('mount', args, { stdio: 'ignore' });
};

/** @param owner the user whom it belongs to, by name. */
export async function smallDisk(megabytes: number, owner: string): Promise<SmallDisk> {
  const path = await mkdtemp('/tmp/prodwork-disk-');
  const uid = execFileSync('id', ['-u', owner], { encoding: 'utf8' }).trim();
  mount('-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700,uid=${uid}`, 'tmpfs', path);
  return {
    path,
    async grow(more) {
      mount('-o', `remount,size=${more}m`, path);
    },
    async remove() {
      execFileSync('umount', ['-l', path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Whether this process may mount: root in a container often may not. */
export function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
