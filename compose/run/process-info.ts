import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { capture } from './setup/shell.mjs';

/** True while a process of this number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** The command line of a process; undefined when it is gone (or is a zombie, which has none). */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || undefined;
    } catch {
      return undefined;
    }
  }
  const { code, output } = await capture('ps', ['-o', 'args=', '-p', String(pid)]);
  return code === 0 ? output.trim() || undefined : undefined;
}

/** Who listens on a TCP port, for a message: `node server.js (pid 4711)`; undefined when this user may not know. */
export async function describeHolder(port: number): Promise<string | undefined> {
  const pid = process.platform === 'linux' ? holderFromProc(port) : await holderFromLsof(port);
  if (pid === undefined) return undefined;
  const command = (await commandLine(pid)) ?? 'a process';
  return `${command.length > 100 ? `${command.slice(0, 100)}...` : command} (pid ${pid})`;
}

const LISTEN = '0A';

function holderFromProc(port: number): number | undefined {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const row of readLines(table)) {
      const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
      if (state === LISTEN && local.endsWith(`:${hexPort}`) && inode) inodes.add(`socket:[${inode}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const folder = `/proc/${entry}/fd`;
      if (readdirSync(folder).some((fd) => isOneOf(inodes, `${folder}/${fd}`))) return Number(entry);
    } catch {
      // gone, or another user's
    }
  }
  return undefined;
}

function isOneOf(inodes: ReadonlySet<string>, link: string): boolean {
  try {
    return inodes.has(readlinkSync(link));
  } catch {
    return false;
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}

async function holderFromLsof(port: number): Promise<number | undefined> {
  const { code, output } = await capture('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN']);
  return code === 0 ? Number(output.trim().split('\n')[0]) || undefined : undefined;
}
