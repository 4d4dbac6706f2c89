import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from './client.ts';
import { bash, inspectOne, ROOT } from './docker.ts';
import { figure } from './figures.ts';
import { removeStack } from './stack.ts';
import { showing } from './tour.ts';
import { until } from './wait.ts';

const SOURCES = ['packages', 'compose', 'compose.yaml', '.dockerignore', 'package.json', 'pnpm-lock.yaml'];
const MORE = ['pnpm-workspace.yaml', 'tsconfig.base.json', 'tsconfig.json', 'test/package.json'];

/** A checkout of its own, whose files a test may change. */
function copyOfTheCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'prodwork-development-'));
  for (const path of [...SOURCES, ...MORE]) {
    cpSync(join(ROOT, path), join(folder, path), {
      recursive: true,
      filter: (source) => !['node_modules', 'dist'].includes(basename(source)),
    });
  }
  return folder;
}

describe('the development override', () => {
  let folder: string;
  let stack: ReturnType<typeof showing>;
  beforeAll(async () => {
    await removeStack();
    folder = copyOfTheCheckout();
    // What the tests add to the stack is not part of it here.
    const { COMPOSE_FILE, ...env } = process.env;
    stack = showing('docker compose -f compose.yaml -f compose/development.yaml up --build', folder, env);
    await until('the page is there', async () => (await ask('/')).status === 200, 240_000);
  });
  afterAll(async () => {
    await stack.end();
    await removeStack();
    rmSync(folder, { recursive: true });
  });

  const change = (path: string, from: string, to: string): number => {
    const file = join(folder, path);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(from);
    writeFileSync(file, text.replace(from, to));
    return Date.now();
  };

  it('shows a changed page without a rebuild', async () => {
    const { startedAt } = await inspectOne('prodwork-producer-1');
    const at = change('packages/producer/src/views/layout.ts', 'Skip to content', 'Straight to the content');
    await until('the page shows the change', async () => (await ask('/')).body.includes('Straight to the content'));
    figure('live reload: a file of the producer saved until the page showed it', Date.now() - at, 'ms');
    expect((await inspectOne('prodwork-producer-1')).startedAt).toBe(startedAt);
  });

  it('runs a changed worker without a rebuild', async () => {
    const { startedAt } = await inspectOne('prodwork-worker-1');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source.
    const at = change('packages/worker/src/run-worker.ts', 'worker ${config.name} starting', 'a changed worker starts');
    await until('the log shows the change', async () =>
      (await bash('docker logs prodwork-worker-1')).out.includes('a changed worker starts'),
    );
    figure('live reload: a file of the worker saved until it ran', Date.now() - at, 'ms');
    expect((await inspectOne('prodwork-worker-1')).startedAt).toBe(startedAt);
  });
});
