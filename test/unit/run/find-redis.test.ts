import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  findRedis,
  findServerBinary,
  installLine,
  NoRedisError,
  type Probes,
  REDIS_IMAGE,
} from '../../../compose/run/redis/find.ts';
import { packageManager } from '../../../compose/run/system.ts';

const REDIS = 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64';
const VALKEY = 'Valkey server v=8.1.1 sha=00000000:0 malloc=libc bits=64';

/** A machine with nothing on it but what is given; `installs` is what apt would put on PATH. */
function machine(
  programs: Record<string, string>,
  more: Partial<Probes> & { installs?: Record<string, string> } = {},
): Probes & { readonly said: string[]; readonly installed: string[] } {
  const said: string[] = [];
  const installed: string[] = [];
  const { installs, ...probes } = more;
  return {
    which: (name) => (name in programs ? `/usr/bin/${name}` : undefined),
    versionText: async (path) => programs[path.slice('/usr/bin/'.length)] ?? '',
    hasDockerEngine: async () => false,
    hasImage: async () => true,
    isRoot: false,
    packageManager: 'apt',
    aptInstall: async (name) => {
      installed.push(name);
      Object.assign(programs, installs);
    },
    say: (text) => void said.push(text),
    ...probes,
    said,
    installed,
  };
}

describe('the search for a Redis', () => {
  it('takes REDIS_URL before anything else', async () => {
    const all = machine({ 'redis-server': REDIS }, { hasDockerEngine: async () => true });
    expect(await findRedis('redis://elsewhere:6379', all)).toEqual({ kind: 'url', url: 'redis://elsewhere:6379' });
  });

  it('treats an empty REDIS_URL as none', async () => {
    expect(await findRedis('', machine({ 'redis-server': REDIS }))).toMatchObject({ kind: 'binary' });
  });

  it('prefers Valkey on PATH, then Redis on PATH, then Docker', async () => {
    const withDocker = { hasDockerEngine: async () => true };
    expect(await findRedis(undefined, machine({ 'valkey-server': VALKEY, 'redis-server': REDIS }, withDocker))).toEqual(
      { kind: 'binary', path: '/usr/bin/valkey-server', title: 'Valkey 8.1.1' },
    );
    expect(await findRedis(undefined, machine({ 'redis-server': REDIS }, withDocker))).toMatchObject({
      title: 'Redis 7.0.15',
    });
    expect(await findRedis(undefined, machine({}, withDocker))).toMatchObject({ kind: 'docker' });
  });

  it('knows a Valkey that goes by the name of Redis', async () => {
    expect(await findRedis(undefined, machine({ 'redis-server': VALKEY }))).toMatchObject({ title: 'Valkey 8.1.1' });
  });

  it('passes over a server that is too old, and says which one and what is needed', async () => {
    const old = machine(
      { 'valkey-server': 'Valkey server v=7.2.8', 'redis-server': 'Redis server v=6.0.16 sha=0' },
      { hasDockerEngine: async () => true },
    );
    expect(await findRedis(undefined, old)).toMatchObject({ kind: 'docker' });
    expect(old.said).toEqual([
      '/usr/bin/valkey-server is Valkey 7.2.8; 8.0 or later is needed; not used',
      '/usr/bin/redis-server is Redis 6.0.16; 7.0 or later is needed; not used',
    ]);
  });

  it("installs Debian's package as root, and announces it first", async () => {
    const bare = machine({}, { isRoot: true, installs: { 'redis-server': REDIS } });
    expect(await findRedis(undefined, bare)).toMatchObject({ kind: 'binary', title: 'Redis 7.0.15' });
    expect(bare.installed).toEqual(['redis-server']);
    expect(bare.said[0]).toContain('package redis-server');
  });

  it('installs nothing while a Docker engine answers', async () => {
    const docker = machine({}, { isRoot: true, hasDockerEngine: async () => true });
    await findRedis(undefined, docker);
    expect(docker.installed).toEqual([]);
  });

  it('takes the image of the compose stack, so that one download serves both', () => {
    const stack = readFileSync(new URL('../../../compose/stack.yaml', import.meta.url), 'utf8');
    expect(stack).toContain(REDIS_IMAGE);
  });

  it('goes on when Docker answers but cannot fetch the image, and says so', async () => {
    const closed = machine(
      {},
      {
        isRoot: true,
        hasDockerEngine: async () => true,
        hasImage: async () => false,
        installs: { 'redis-server': REDIS },
      },
    );
    expect(await findRedis(undefined, closed)).toMatchObject({ kind: 'binary' });
    expect(closed.said[0]).toContain('cannot be fetched; not used');
  });

  it('gives up with the line that installs one here when it may not install', async () => {
    const search = findRedis(undefined, machine({}));
    await expect(search).rejects.toBeInstanceOf(NoRedisError);
    await expect(search).rejects.toThrow('sudo apt-get update && sudo apt-get install -y redis-server');
    const fedora = machine({}, { isRoot: true, packageManager: 'dnf' });
    await expect(findRedis(undefined, fedora)).rejects.toThrow('sudo dnf install -y valkey');
    expect(fedora.installed).toEqual([]);
  });

  it('says so when even the installed package is too old', async () => {
    const jammy = machine({}, { isRoot: true, installs: { 'redis-server': 'Redis server v=6.0.16' } });
    await expect(findRedis(undefined, jammy)).rejects.toThrow("this system's Redis is too old");
  });

  it('passes on why apt could not install it', async () => {
    const offline = machine(
      {},
      { isRoot: true, aptInstall: () => Promise.reject(new Error('Temporary failure resolving deb.debian.org')) },
    );
    await expect(findRedis(undefined, offline)).rejects.toThrow('Temporary failure resolving deb.debian.org');
  });

  it('for the tests looks for a program alone: they start and kill it themselves', async () => {
    const dockerOnly = machine({}, { hasDockerEngine: async () => true });
    await expect(findServerBinary(dockerOnly)).rejects.toBeInstanceOf(NoRedisError);
  });
});

describe('the package manager', () => {
  it.each([
    ['ID=debian\nVERSION_ID="12"\n', 'apt'],
    ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', 'apt'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf'],
    ['ID=alpine\n', 'apk'],
    ['ID=plan9\n', undefined],
    ['', undefined],
  ])('of %j is %s', (osRelease, expected) => {
    expect(packageManager('linux', osRelease)).toBe(expected);
  });

  it('of macOS is brew', () => {
    expect(packageManager('darwin', '')).toBe('brew');
    expect(installLine('brew')).toBe('brew install valkey');
  });
});
