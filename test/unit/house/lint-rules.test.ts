import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** Where a line of code would stand, the line, and whether the linter lets it pass. */
const CASES: readonly (readonly [file: string, code: string, passes: boolean])[] = [
  ['packages/shared/src/engines/bullmq/a.ts', "import 'bullmq';", true],
  ['packages/shared/src/engines/lease/a.ts', "import 'bullmq';", false],
  ['packages/worker/src/a.ts', "import 'bullmq';", false],
  ['packages/shared/src/redis/a.ts', "import 'ioredis';", true],
  ['packages/shared/src/engines/lease/b.ts', "import 'ioredis';", true],
  ['packages/shared/src/config/b.ts', "import 'ioredis';", false],
  ['packages/shared/src/engine/b.ts', "import 'ioredis';", false],
  ['packages/shared/src/job/b.ts', "import 'ioredis';", false],
  ['packages/worker/src/runtime/b.ts', "import 'ioredis';", false],
  ['packages/producer/src/b.ts', "import 'ioredis';", false],
  ['packages/producer/src/c.ts', "import 'fastify';", true],
  ['packages/noteboard/src/c.ts', "import 'fastify';", true],
  ['packages/worker/src/c.ts', "import 'fastify';", false],
  ['packages/shared/src/engines/lease/c.ts', "import 'fastify';", false],
  ['packages/shared/src/job/d.ts', "import 'node:fs';", false],
  ['packages/shared/src/job/e.ts', "import 'node:net';", false],
  ['packages/shared/src/job/f.ts', "import 'node:crypto';", true],
  ['packages/shared/src/job/g.ts', "import '../engine/engine.ts';", false],
  ['packages/shared/src/job/h.ts', "import '../errors.ts';", true],
  ['packages/shared/src/engine/i.ts', "import '../engines/open.ts';", false],
  ['packages/shared/src/redis/j.ts', "import '../engines/open.ts';", false],
  ['packages/worker/src/runtime/k.ts', "import 'prodwork/engines/lease/engine';", false],
  ['packages/worker/src/runtime/l.ts', "import 'prodwork/engine/consumer';", true],
  ['packages/worker/src/m.ts', "import 'prodwork/engines/open';", true],
  ['packages/worker/src/n.ts', "import '@prodwork/producer/app';", false],
  ['packages/producer/src/o.ts', "import '@prodwork/worker/registry';", false],
  ['packages/worker/src/runtime/p.ts', 'export const home = process.env.HOME;', false],
  ['packages/producer/src/app.ts', 'export const home = process.env.HOME;', false],
  ['packages/worker/src/config.ts', 'export const home = process.env.HOME;', true],
  ['packages/worker/src/main.ts', 'export const home = process.env.HOME;', true],
  ['packages/shared/src/config/q.ts', 'export const home = process.env.HOME;', true],
  ['packages/worker/src/r.ts', 'export const length = (text?: string): number => text!.length;', false],
  ['packages/worker/src/s.ts', 'export const anything: any = 1;', false],
  ['test/unit/t.ts', "import 'ioredis'; import 'bullmq'; export const home = process.env.HOME;", true],
];

describe('the linter', () => {
  const dir = mkdtempSync(join(tmpdir(), 'prodwork-lint-'));
  let refused: ReadonlySet<string>;

  beforeAll(async () => {
    cpSync(join(ROOT, 'biome.json'), join(dir, 'biome.json'));
    cpSync(join(ROOT, '.gitignore'), join(dir, '.gitignore'));
    for (const [file, code] of CASES) {
      mkdirSync(join(dir, dirname(file)), { recursive: true });
      writeFileSync(join(dir, file), `${code}\n`);
    }
    const report = await biomeReport(dir);
    refused = new Set(CASES.map(([file]) => file).filter((file) => report.includes(file)));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each(CASES)('%s with `%s` passes: %s', (file, _code, passes) => {
    expect(refused.has(file)).toBe(!passes);
  });
});

/** Every fault that biome finds, as text that names the files. */
function biomeReport(cwd: string): Promise<string> {
  const args = ['lint', '--diagnostic-level=error', '--max-diagnostics=none', '--reporter=github', '.'];
  return new Promise((done) => {
    execFile(join(ROOT, 'node_modules/.bin/biome'), args, { cwd }, (_error, stdout) => done(stdout));
  });
}
