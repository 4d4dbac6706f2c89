import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { during } from './setup/say.mjs';
import { capture, tail } from './setup/shell.mjs';

const POLICY = '/usr/sbin/policy-rc.d';
const APT = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];

/**
 * Installs one package of Debian or Ubuntu. A service that comes with it is neither started now nor at the next boot.
 * @throws Error with apt's last lines
 */
export function aptInstall(packageName: string, env: NodeJS.ProcessEnv): Promise<void> {
  return during(`installing ${packageName} with apt-get`, () => install(packageName, env));
}

async function install(packageName: string, env: NodeJS.ProcessEnv): Promise<void> {
  const quietEnv = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
  const tryOnce = () => capture('apt-get', ['install', ...APT, packageName], { env: quietEnv });
  const allowStart = forbidServiceStart();
  try {
    let result = await tryOnce();
    if (result.code !== 0) {
      // Fresh images come without package lists.
      const update = await capture('apt-get', ['update', '-q'], { env: quietEnv });
      result = update.code === 0 ? await tryOnce() : update;
    }
    if (result.code !== 0) throw new Error(`apt-get could not install ${packageName}:\n${tail(result.output)}`);
  } finally {
    allowStart();
  }
  if (existsSync('/run/systemd/system')) await capture('systemctl', ['disable', '--now', packageName], { env });
  else await capture('update-rc.d', [packageName, 'disable'], { env });
}

/** Debian asks this file whether a package's service may start; 101 is no. One that is there already is left as it is. */
function forbidServiceStart(): () => void {
  if (existsSync(POLICY)) return () => {};
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const remove = (): void => rmSync(POLICY, { force: true });
  process.once('exit', remove);
  return () => {
    process.off('exit', remove);
    remove();
  };
}
