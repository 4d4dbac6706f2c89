import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { capture } from '../../../compose/run/setup/shell.mjs';
import { which } from '../../../compose/run/system.ts';
import type { ServerRelease } from './catalog.ts';
import { makeRunnable } from './runnable.ts';
import { treeFromDebian, treeFromImage } from './trees.ts';

export interface FoundServer {
  readonly release: ServerRelease;
  readonly path: string;
  /** `Redis 7.0.15` */
  readonly title: string;
}

/**
 * A server of this release: the system's own program, else Debian's package, else an image. The last two are unpacked
 * under `state` and run by their own loader with their own libraries: nothing is installed, and no root is needed.
 * @returns why there is none, as text
 */
export async function findServer(
  release: ServerRelease,
  state: string,
  say: (text: string) => void,
): Promise<FoundServer | string> {
  const own = which(release.program, process.env.PATH ?? '');
  const ownTitle = own === undefined ? undefined : await titleOf(own);
  if (own !== undefined && ownTitle !== undefined && release.isIt.test(ownTitle)) {
    return { release, path: own, title: ownTitle };
  }
  const folder = join(state, release.id);
  const path = join(folder, 'server');
  const reasons: string[] = [];
  for (const [source, unpack] of [
    [`Debian's package (${release.suite})`, treeFromDebian],
    [`the image ${release.image}`, treeFromImage],
  ] as const) {
    if (!(await exists(path))) {
      say(`${release.id}: not on PATH, taking ${source}`);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const fault = (await unpack(release, folder)) ?? (await makeRunnable(release, folder, path));
      if (fault !== undefined) {
        reasons.push(`${source}: ${fault}`);
        continue;
      }
    }
    const title = await titleOf(path);
    if (title !== undefined && release.isIt.test(title)) return { release, path, title };
    reasons.push(`${source}: it is ${title ?? 'a program that does not run here'}`);
    await rm(folder, { recursive: true, force: true });
  }
  return reasons.join('; ');
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** `Redis server v=7.0.15 sha=...`, `Valkey server v=8.1.1 ...` */
async function titleOf(path: string): Promise<string | undefined> {
  const { output } = await capture(path, ['--version']);
  const [, name, version] = /(Redis|Valkey) server v=(\d+(?:\.\d+)*)/.exec(output) ?? [];
  return version === undefined ? undefined : `${name} ${version}`;
}
