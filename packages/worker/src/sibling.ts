import { fileURLToPath } from 'node:url';

/**
 * The path of a file beside this one that a thread or a child process starts with: `.ts` when the sources run, `.js`
 * when they were built. (The compiler rewrites the endings of imports, not of such paths.)
 */
export function siblingFile(moduleUrl: string, name: string): string {
  return fileURLToPath(new URL(`${name}${moduleUrl.endsWith('.ts') ? '.ts' : '.js'}`, moduleUrl));
}
