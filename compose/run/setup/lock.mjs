import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './say.mjs';

/**
 * Lets one set-up at a time work in a checkout: two would write the same node_modules. A lock whose owner is dead is taken over.
 * @param {string} dir a folder that is created by whoever holds the lock
 * @returns {Promise<() => void>} gives the lock back
 */
export async function lockSetup(dir) {
  for (let round = 0; ; round++) {
    try {
      mkdirSync(dir);
      writeFileSync(join(dir, 'pid'), String(process.pid));
      return () => rmSync(dir, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (round === 0) say('another set-up is at work in this checkout; waiting for it');
    // A folder without a pid is a moment old, unless it stays like that: its owner died between the two steps.
    const owner = ownerOf(dir);
    if (owner === undefined ? round > 50 : !isAlive(owner)) rmSync(dir, { recursive: true, force: true });
    else await sleep(200);
  }
}

function ownerOf(dir) {
  try {
    return Number(readFileSync(join(dir, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
