import { aptInstall } from '../apt.ts';
import { during } from '../setup/say.mjs';
import { capture } from '../setup/shell.mjs';
import { packageManager, readOsRelease, which } from '../system.ts';
import type { Probes } from './find.ts';

/** The search's view of this machine. */
export function machineProbes(env: NodeJS.ProcessEnv, say: (text: string) => void): Probes {
  return {
    which: (name) => which(name, env.PATH ?? ''),
    versionText: async (path) => (await capture(path, ['--version'], { env })).output,
    hasDockerEngine: async () => {
      if (which('docker', env.PATH ?? '') === undefined) return false;
      return (await capture('timeout', ['10', 'docker', 'info'], { env })).code === 0;
    },
    hasImage: async (image) => {
      if ((await capture('docker', ['image', 'inspect', image], { env })).code === 0) return true;
      return during(`fetching the image ${image}`, async () => {
        return (await capture('timeout', ['300', 'docker', 'pull', '--quiet', image], { env })).code === 0;
      });
    },
    isRoot: process.getuid?.() === 0,
    packageManager: packageManager(process.platform, readOsRelease()),
    aptInstall: (packageName) => aptInstall(packageName, env),
    say,
  };
}
