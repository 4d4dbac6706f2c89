import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { capture, tail } from '../../../compose/run/setup/shell.mjs';
import type { ServerRelease } from './catalog.ts';

const SOURCES = '/etc/apt/sources.list.d/debian.sources';
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Where an unpacked system stands inside a server's folder. */
export const treeOf = (folder: string): string => join(folder, 'tree');

/**
 * Unpacks the package and everything that it needs. apt is given lists, cache and an empty status of its own, so that it
 * neither reads nor changes what this system has installed.
 * @returns why that cannot be done here; undefined when it is done
 */
export async function treeFromDebian(release: ServerRelease, folder: string): Promise<string | undefined> {
  const sources = await readFile(SOURCES, 'utf8').catch(() => undefined);
  const mirror = sources && /^URIs: *(\S+)/m.exec(sources)?.[1];
  if (mirror === undefined) return 'this system has no Debian sources';
  const apt = join(folder, 'apt');
  await mkdir(join(apt, 'lists', 'partial'), { recursive: true });
  await mkdir(join(apt, 'cache', 'archives', 'partial'), { recursive: true });
  await writeFile(join(apt, 'status'), '');
  const from = { Types: 'deb', URIs: mirror, Suites: release.suite, Components: 'main', 'Signed-By': KEYS };
  const lines = Object.entries(from).map(([name, value]) => `${name}: ${value}\n`);
  await writeFile(join(apt, 'debian.sources'), lines.join(''));
  const options = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': apt,
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State': apt,
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::State::status': join(apt, 'status'),
    'Dir::Cache': join(apt, 'cache'),
    // The user that apt would fall back to may not read this folder.
    'APT::Sandbox::User': 'root',
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const install = ['install', '-y', '--no-install-recommends', '--download-only', release.program];
  for (const step of [['update'], install]) {
    const { code, output } = await capture('apt-get', ['-q', ...flags, ...step]);
    if (code !== 0) return tail(output, 2);
  }
  const archives = join(apt, 'cache', 'archives');
  for (const name of (await readdir(archives)).filter((file) => file.endsWith('.deb'))) {
    const { code, output } = await capture('dpkg-deb', ['-x', join(archives, name), treeOf(folder)]);
    if (code !== 0) return tail(output, 2);
  }
  await rm(apt, { recursive: true, force: true });
  return undefined;
}

/** Unpacks an image. @returns why that cannot be done here; undefined when it is done */
export async function treeFromImage({ image }: ServerRelease, folder: string): Promise<string | undefined> {
  const run = async (...args: string[]) => capture('docker', args);
  if ((await run('image', 'inspect', image)).code !== 0) {
    const pulled = await run('pull', '-q', image);
    if (pulled.code !== 0) return tail(pulled.output, 1);
  }
  const created = await run('create', image);
  if (created.code !== 0) return tail(created.output, 1);
  const container = tail(created.output, 1);
  const archive = join(folder, 'image.tar');
  await mkdir(treeOf(folder), { recursive: true });
  const exported = await run('export', '-o', archive, container);
  await run('rm', container);
  if (exported.code !== 0) return tail(exported.output, 1);
  // Devices and the like are not needed, and not permitted without root.
  const { code, output } = await capture('tar', ['-xf', archive, '-C', treeOf(folder), '--exclude=dev/*']);
  await rm(archive, { force: true });
  return code === 0 ? undefined : tail(output, 1);
}
