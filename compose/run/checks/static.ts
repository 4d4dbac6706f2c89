import { runTool } from './tools.ts';

/** Rules, formatting and types of the whole workspace. @returns the names of the checks that failed */
export async function staticChecks(): Promise<readonly string[]> {
  const failed: string[] = [];
  process.stdout.write('checking rules and formatting (biome)\n');
  if ((await runTool('biome', ['check', '.'])) !== 0) failed.push('biome');
  process.stdout.write('checking types (tsc)\n');
  if ((await runTool('tsc', ['-p', 'tsconfig.json'])) !== 0) failed.push('tsc');
  return failed;
}
