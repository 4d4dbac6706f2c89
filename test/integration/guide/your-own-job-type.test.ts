import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CheckoutCopy, copyCheckout, plainEnv } from '../../support/checkout-copy.ts';
import { freePort } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const GUIDE = resolve(import.meta.dirname, '../../../docs/your-own-job-type.md');
/** Compiling and starting everything on a machine that has other things to do. */
const SLOW_MS = 600_000;

interface Block {
  readonly language: string;
  readonly text: string;
}

let copy: CheckoutCopy;
let blocks: readonly Block[];
let stack: ChildProcess | undefined;
beforeAll(async () => {
  const page = await readFile(GUIDE, 'utf8');
  blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
  copy = await copyCheckout();
}, SLOW_MS);
afterAll(async () => {
  if (stack !== undefined && stack.exitCode === null) {
    const ended = once(stack, 'close');
    stack.kill('SIGTERM');
    await ended;
  }
  await copy?.remove();
}, SLOW_MS);

/** The command lines of the page, in order. */
const commands = (): readonly string[] =>
  blocks.flatMap(({ language, text }) => (language === 'sh' ? text.trim().split('\n') : []));
const command = (start: string): string => {
  const found = commands().find((line) => line.startsWith(start));
  if (found === undefined) throw new Error(`the guide has no command that begins with ${start}`);
  return found;
};

/** What a reader does with a block that names a file: writes it, or adds to what is there. */
async function carryOut(text: string): Promise<string | undefined> {
  const [, path, isAddition] = /^\/\/ (\S+\.ts)(: import it, and put it into the list)?\n/.exec(text) ?? [];
  if (path === undefined) return undefined;
  const body = text.slice(text.indexOf('\n') + 1);
  const file = join(copy.dir, path);
  await mkdir(dirname(file), { recursive: true });
  if (isAddition === undefined) {
    await writeFile(file, body);
    return path;
  }
  const [line = '', name = ''] = body.trim().split('\n');
  const before = await readFile(file, 'utf8');
  const start = before.lastIndexOf(' = [') + ' = ['.length;
  if (start < 4 || !before.trimEnd().endsWith('];')) throw new Error(`${path} has no list at its end`);
  const after = `${line}\n${before.slice(0, start)}${name}, ${before.slice(start)}`;
  await writeFile(file, after);
  return path;
}

describe('docs/your-own-job-type.md, carried out as it stands', () => {
  test('its files are written and its two lists are added to', async () => {
    const done: (string | undefined)[] = [];
    for (const { language, text } of blocks) if (language === 'ts') done.push(await carryOut(text));
    expect(done.filter((path) => path !== undefined)).toEqual([
      'packages/shared/src/jobs/greet.ts',
      'packages/worker/src/handlers/greet.ts',
      'packages/shared/src/jobs/catalog.ts',
      'packages/worker/src/registry.ts',
      'test/unit/worker/greet.test.ts',
    ]);
    // The order of imports is for the formatter to decide, as in an editor that formats on saving.
    await copy.run('node_modules/.bin/biome', ['check', '--write', 'packages', 'test/unit/worker']);
  });

  test(
    'its code passes the type check and its test',
    async () => {
      await copy.run('node_modules/.bin/tsc', ['-p', 'tsconfig.json']);
      const [, file = ''] = command('npm test').split(' -- ');
      const told = await copy.run('node_modules/.bin/vitest', ['run', '--root', copy.dir, file]);
      expect(told).toMatch(/1 passed/);
    },
    SLOW_MS,
  );

  test(
    'npm start shows the type in the form, and the command submits and watches it',
    async () => {
      const port = await freePort();
      const env = { ...plainEnv(), PRODUCER_PORT: String(port), PRODWORK_URL: `http://127.0.0.1:${port}` };
      const [program = '', ...args] = command('npm start').split(' ');
      stack = spawn(program, args, { cwd: copy.dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      for (const stream of [stack.stdout, stack.stderr])
        stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
      await until(
        'the stack to be ready',
        () => {
          if (stack?.exitCode !== null) throw new Error(`npm start ended: ${said}`);
          return said.includes('ready after');
        },
        120_000,
      );
      expect(await (await fetch(`http://127.0.0.1:${port}/?type=greet`)).text()).toContain('name="name"');
      const shown = await copy.run('sh', ['-c', command('npx prodwork')], env);
      expect(shown).toContain('{"greeting":"Hello, Ada!"}');
      expect(shown).toMatch(/^verified +\{"length":11\}$/m);
    },
    SLOW_MS,
  );
});
