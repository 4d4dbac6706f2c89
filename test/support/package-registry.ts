import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A package that the registry serves. */
export interface Published {
  readonly name: string;
  readonly version: string;
  readonly publishedAt: Date;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** A registry of npm packages on a loopback port, with these in it. */
export async function startRegistry(packages: readonly Published[]) {
  const tarballs = new Map(packages.map((one) => [one.name, pack(one)]));
  const server = createServer((request, response) => {
    const { host = '' } = request.headers;
    const [, name = '', isTarball] = /^\/([a-z-]+)(\/-\/.*)?$/.exec(request.url ?? '') ?? [];
    const found = packages.find((one) => one.name === name);
    const tarball = tarballs.get(name);
    response.setHeader('content-type', isTarball ? 'application/octet-stream' : 'application/json');
    if (found === undefined || tarball === undefined) response.writeHead(404).end('{}');
    else response.end(isTarball ? tarball : JSON.stringify(documentOf(found, tarball, host)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function documentOf({ name, version, publishedAt, scripts = {} }: Published, tarball: Buffer, host: string) {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const dist = { tarball: `http://${host}/${name}/-/${name}-${version}.tgz`, integrity };
  const at = publishedAt.toISOString();
  return {
    name,
    'dist-tags': { latest: version },
    time: { created: at, modified: at, [version]: at },
    versions: { [version]: { name, version, scripts, dist, hasInstallScript: 'postinstall' in scripts } },
  };
}

function pack({ name, version, scripts = {} }: Published): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'prodwork-package-'));
  try {
    mkdirSync(join(folder, 'package'));
    writeFileSync(join(folder, 'package', 'package.json'), JSON.stringify({ name, version, scripts }));
    execFileSync('tar', ['-czf', 'package.tgz', 'package'], { cwd: folder });
    return readFileSync(join(folder, 'package.tgz'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
