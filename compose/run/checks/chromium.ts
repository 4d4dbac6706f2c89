import { aptInstall } from '../apt.ts';
import { packageManager, readOsRelease, which } from '../system.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * A Chromium for the browser tests: on PATH, or Debian's package when root.
 * @returns undefined when there is none and none may be installed
 */
export async function findChromium(env: NodeJS.ProcessEnv, say: (text: string) => void): Promise<string | undefined> {
  const path = env.PATH ?? '';
  const onPath = (): string | undefined => NAMES.map((name) => which(name, path)).find((found) => found !== undefined);
  const found = onPath();
  if (found !== undefined) return found;
  if (process.getuid?.() !== 0 || packageManager(process.platform, readOsRelease()) !== 'apt') return undefined;
  say('no Chromium found; taking the package chromium for the browser tests');
  try {
    await aptInstall('chromium', env);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
  return onPath();
}
