#!/usr/bin/env node
/**
 * What every npm script of this workspace goes through: makes sure of Node 24, pnpm and the dependencies, then runs the
 * command. It has to work on Node 20 with nothing installed, so it is plain JavaScript and imports nothing else.
 * On a prepared checkout it costs a few file reads.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './commands.mjs';
import { areInstalled, installDependencies } from './setup/dependencies.mjs';
import { handOver } from './setup/hand-over.mjs';
import { lockSetup } from './setup/lock.mjs';
import { SetupError, say } from './setup/say.mjs';
import { findToolchain } from './setup/toolchain.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const OLDEST_NODE = 20;

async function main([name, ...args]) {
  const module = COMMANDS[name];
  if (module === undefined) {
    throw new SetupError(`no such command: ${name ?? '(none)'}. There are: ${Object.keys(COMMANDS).join(', ')}`);
  }
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    throw new SetupError(`Node ${process.versions.node} is too old to set this up; ${OLDEST_NODE} or later is needed`);
  }
  if (!existsSync(join(root, module))) throw new SetupError(`npm run ${name} is not built yet: there is no ${module}`);

  const toolchain = await setUp();
  handOver(toolchain.node, ['--conditions=source', join(root, module), ...args], toolchain.env);
}

async function setUp() {
  if (areInstalled(root)) return findToolchain(root, false);
  mkdirSync(join(root, '.prodwork'), { recursive: true });
  const unlock = await lockSetup(join(root, '.prodwork', 'setup.lock'));
  try {
    const toolchain = await findToolchain(root, true);
    if (!areInstalled(root)) await installDependencies(root, toolchain);
    return toolchain;
  } finally {
    unlock();
  }
}

main(process.argv.slice(2)).catch((error) => {
  const hint = error.code === 'ENOSPC' ? ' (the disk is full)' : '';
  say(error instanceof SetupError ? error.message : `${error.stack ?? error}${hint}`);
  process.exit(1);
});
