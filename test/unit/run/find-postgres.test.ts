import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findPostgres, NoPostgresError, type PostgresProbes } from '../../../compose/run/postgres/find.ts';

const nothing: PostgresProbes = {
  which: () => undefined,
  debianBins: () => [],
  versionText: async () => '',
  hasDockerEngine: async () => false,
  hasImage: async () => false,
  isRoot: false,
  packageManager: 'apt',
  aptInstall: async () => {
    throw new Error('not asked for');
  },
  say: () => {},
};
const versions =
  (known: Readonly<Record<string, string>>): PostgresProbes['versionText'] =>
  async (path) =>
    known[path] ?? '';

describe('the search for a Postgres', () => {
  it('believes DATABASE_URL before all', async () => {
    const url = 'postgres://db/notes';
    expect(await findPostgres(url, nothing)).toEqual({ kind: 'url', url });
  });

  it("takes what is on PATH, else the newest of Debian's folders, and passes over one that is too old", async () => {
    const here = { ...nothing, debianBins: () => ['/deb/17/bin', '/deb/15/bin'] };
    const versionText = versions({
      '/own/postgres': 'postgres (PostgreSQL) 13.2',
      '/deb/17/bin/postgres': 'postgres (PostgreSQL) 17.1 (Debian)',
      '/deb/15/bin/postgres': 'postgres (PostgreSQL) 15.8',
    });
    expect(await findPostgres(undefined, { ...here, which: () => '/own/postgres', versionText })).toEqual({
      kind: 'binary',
      bin: '/deb/17/bin',
      title: 'Postgres 17.1',
    });
  });

  it('uses a Docker engine when its image can be had', async () => {
    const docker = { ...nothing, hasDockerEngine: async () => true, hasImage: async () => true };
    expect(await findPostgres('', docker)).toMatchObject({
      kind: 'docker',
      image: expect.stringContaining('postgres'),
    });
  });

  it("announces and installs the system's package when it is root", async () => {
    let isInstalled = false;
    const said: string[] = [];
    const found = await findPostgres(undefined, {
      ...nothing,
      isRoot: true,
      say: (text) => said.push(text),
      aptInstall: async (name) => {
        expect(name).toBe('postgresql');
        isInstalled = true;
      },
      debianBins: () => (isInstalled ? ['/deb/15/bin'] : []),
      versionText: versions({ '/deb/15/bin/postgres': 'postgres (PostgreSQL) 15.8' }),
    });
    expect(found).toMatchObject({ bin: '/deb/15/bin' });
    expect(said[0]).toContain('postgresql');
  });

  it('else names the line that installs one', async () => {
    const search = findPostgres(undefined, { ...nothing, packageManager: 'brew' });
    await expect(search).rejects.toThrow(NoPostgresError);
    await expect(search).rejects.toThrow(/brew install postgresql/);
  });

  it('names the image of the compose stack', () => {
    const stack = readFileSync(new URL('../../../compose/noteboard.yaml', import.meta.url), 'utf8');
    const image = /POSTGRES_IMAGE:-([^}]+)\}/.exec(stack)?.[1];
    return findPostgres('', { ...nothing, hasDockerEngine: async () => true, hasImage: async () => true }).then(
      (found) => expect(found).toEqual({ kind: 'docker', image }),
    );
  });
});
