import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerRelease } from './catalog.ts';
import { treeOf } from './trees.ts';

/**
 * Writes a program at `path` that runs the unpacked server with the loader and the libraries it came with.
 * @returns why that cannot be done; undefined when it is done
 */
export async function makeRunnable(
  { program }: ServerRelease,
  folder: string,
  path: string,
): Promise<string | undefined> {
  const files: string[] = await readdir(treeOf(folder), { recursive: true });
  const find = (pattern: RegExp): string | undefined => files.find((file) => pattern.test(file));
  const server = find(new RegExp(`^usr/(local/)?bin/${program}$`));
  const loader = find(/(^|\/)ld-(linux|musl)-[^/]*\.so(\.\d+)?$/);
  if (server === undefined || loader === undefined)
    return `there is no ${server === undefined ? program : 'loader'} in it`;
  const folders = files.filter((file) => /(^|\/)lib[^/]*\.so(\.[\d.]+)?$/.test(file)).map((file) => join(file, '..'));
  const inTree = (file: string): string => join(treeOf(folder), file);
  const libraries = [...new Set(folders)].map(inTree).join(':');
  // `exec`: the process that is started is the server, so that signals reach it.
  const line = `exec "${inTree(loader)}" --library-path "${libraries}" "${inTree(server)}" "$@"`;
  await writeFile(path, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return undefined;
}
