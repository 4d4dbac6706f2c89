import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CheckoutCopy, copyCheckout, plainEnv, pnpmCommand } from '../../support/checkout-copy.ts';
import { startProducer } from '../../support/producer-process.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { startWorker } from '../../support/worker-process.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const PACKAGES = ['shared', 'producer', 'worker', 'cli'] as const;
/** Compiling, packing and installing on a machine that has other things to do. */
const SLOW_MS = 600_000;

let copy: CheckoutCopy;
let redis: RedisServer;
/** A project of somebody else, outside the workspace. */
let project: string;
const running: { signal(signal: NodeJS.Signals): void }[] = [];
const tarballs = new Map<string, string>();

beforeAll(async () => {
  [copy, redis, project] = await Promise.all([
    copyCheckout(),
    startRedis(),
    mkdtemp(join(tmpdir(), 'prodwork-outsider-')),
  ]);
  await copy.run(process.execPath, ['--conditions=source', 'compose/run/build.ts']);
  const [pnpm, ...args] = pnpmCommand();
  await mkdir(join(project, 'tarballs'));
  for (const name of PACKAGES) {
    const folder = join(copy.dir, 'packages', name);
    await copy.run(pnpm, [...args, 'pack', '--pack-destination', join(project, 'tarballs')], {}, folder);
    const { name: full } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { name: string };
    const start = new RegExp(`^${full.replace('@', '').replace('/', '-')}-\\d`);
    const file = (await readdir(join(project, 'tarballs'))).find((candidate) => start.test(candidate));
    tarballs.set(full, `file:./tarballs/${file}`);
  }
  await cp(join(import.meta.dirname, 'outsider'), project, { recursive: true });
  const own = JSON.parse(await readFile(join(ROOT, 'packages/shared/package.json'), 'utf8')) as {
    dependencies: object;
  };
  expect(Object.keys(own.dependencies)).toContain('typebox');
  const catalog = await readFile(join(ROOT, 'pnpm-workspace.yaml'), 'utf8');
  const versionOf = (name: string): string => new RegExp(`^ {2}"?${name}"?: (\\S+)$`, 'm').exec(catalog)?.[1] ?? '*';
  const dependencies = {
    ...Object.fromEntries(tarballs),
    typebox: versionOf('typebox'),
    '@types/node': versionOf('@types/node'),
  };
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'outsider', private: true, type: 'module', dependencies }),
  );
  // Not published yet: the packages' needs of each other are the tarballs too. No install script runs.
  const overrides = [...tarballs].map(([name, file]) => `  '${name}': '${file}'`).join('\n');
  const policy = catalog.slice(catalog.indexOf('strictDepBuilds'));
  await writeFile(join(project, 'pnpm-workspace.yaml'), `overrides:\n${overrides}\n${policy}`);
  await copy.run(pnpm, [...args, 'install', '--prefer-offline', '--no-frozen-lockfile'], { CI: 'true' }, project);
}, SLOW_MS);
afterAll(async () => {
  for (const process of running) process.signal('SIGKILL');
  await redis?.stop();
  await copy?.remove();
  if (project) await rm(project, { recursive: true, force: true, maxRetries: 5 });
});

const inProject = (command: string, args: readonly string[]): Promise<string> => copy.run(command, args, {}, project);

describe('the packages, from their tarballs, in a new project', () => {
  test.each(['prodwork', '@prodwork/producer', '@prodwork/worker', '@prodwork/cli'])(
    '%s says what it is and holds what it needs',
    async (name) => {
      const folder = join(project, 'node_modules', name);
      const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
      expect(manifest).toMatchObject({ license: 'MIT', type: 'module', description: expect.stringMatching(/\w/) });
      expect(JSON.stringify(manifest)).not.toMatch(/workspace:|catalog:/);
      expect(await readdir(folder)).toEqual(expect.arrayContaining(['LICENSE', 'dist', 'package.json']));
    },
  );

  test(
    'their types hold in a strict project',
    async () => {
      await inProject(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json']);
    },
    SLOW_MS,
  );

  test(
    'a handler is tested without Redis',
    async () => {
      expect(await inProject(process.execPath, ['--test', 'invoice-check.ts'])).toMatch(/pass 1/);
    },
    SLOW_MS,
  );

  test(
    'a producer and a worker of its own run its own type, for the client and the command',
    async () => {
      const env = { ...plainEnv(), REDIS_URL: redis.url };
      const producer = await startProducer(env, join(project, 'producer.ts'));
      running.push(producer);
      const worker = await startWorker('worker-1', env, join(project, 'worker.ts'));
      running.push(worker);
      const answer = await inProject(process.execPath, ['submit.ts', producer.url]);
      expect(JSON.parse(answer)).toEqual({ state: 'completed', result: { text: '9.99 due' } });
      const payload = JSON.stringify({ cents: 5 });
      const command = ['--url', producer.url, '--json', 'submit', 'invoice', payload, '--watch'];
      const shown = await inProject(join(project, 'node_modules/.bin/prodwork'), command);
      expect(JSON.parse(shown)).toMatchObject({ state: 'completed', result: { text: '0.05 due' } });
      const form = await (await fetch(`${producer.url}/?type=invoice`)).text();
      expect(form).toContain('name="cents"');
      worker.signal('SIGTERM');
      producer.signal('SIGTERM');
      expect([await worker.ended, await producer.ended]).toEqual([0, 0]);
    },
    SLOW_MS,
  );
});
