import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTool } from './tools.ts';
import { type Report, type Totals, totalsOf } from './totals.ts';

const SECOND_TRIES = join(import.meta.dirname, 'second-tries.ts');

/** Runs vitest on this terminal. A run that leaves no report (it crashed, or found no test) is one failure. */
export async function runSuite(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Totals> {
  const { code, report } = await runForReport(args, env);
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const totals = totalsOf(report);
  return code !== 0 && totals.failed === 0 ? { ...totals, failed: 1 } : totals;
}

/** Runs vitest on this terminal, for those who want to know of every test. */
export async function runForReport(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number; readonly report: Report | undefined }> {
  const dir = await mkdtemp(join(tmpdir(), 'prodwork-test-'));
  const file = join(dir, 'report.json');
  try {
    const reporters = [
      '--reporter=default',
      `--reporter=${SECOND_TRIES}`,
      '--reporter=json',
      `--outputFile.json=${file}`,
    ];
    const code = await runTool('vitest', ['run', ...reporters, ...args], env);
    return { code, report: await readReport(file) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function readReport(file: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report;
  } catch {
    return undefined;
  }
}
