import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { ProdworkError } from 'prodwork/errors';
import type { Log } from 'prodwork/log';

/** Each role may do what the ones before it may. */
const ROLES = ['read', 'submit', 'operate'] as const;
export type Role = (typeof ROLES)[number];

export interface TokenHolder {
  readonly name: string;
  may(needed: Role): boolean;
}

export interface Tokens {
  /** Who shows this token, or undefined. Takes the same time whichever token is wrong, and wherever. */
  find(token: string): TokenHolder | undefined;
  /** What only this file and its token know of a holder with this role: sessions are sealed with it, and end with it. */
  secretOf(name: string, needed: Role): Buffer | undefined;
}

interface Entry {
  readonly name: string;
  readonly role: Role;
  readonly digest: Buffer;
}

const LINE = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63}):(read|submit|operate):([0-9a-f]{64})$/i;
const LOOK_AGAIN_MS = 1_000;

/**
 * The tokens file: `name:role:sha256` a line (the digest in hex, of the token's text), `#` begins a comment.
 * The file is looked at again, at most once a second, when a token is checked; a version with a fault is reported and
 * the one before it stays in force.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID` when the file cannot be read at first.
 */
export function openTokens(path: string, log: Log, now: () => number = Date.now): Tokens {
  let entries = parseTokens(readFileOrRefuse(path));
  let version = versionOf(path);
  let lookedAt = now();

  const refresh = (): void => {
    if (now() - lookedAt < LOOK_AGAIN_MS) return;
    lookedAt = now();
    const latest = versionOf(path);
    if (latest === version) return;
    version = latest;
    try {
      entries = parseTokens(readFileOrRefuse(path));
      log.info({ tokens: entries.length }, 'tokens file read again');
    } catch (err) {
      log.error({ err }, 'tokens file has a fault; the tokens before it stay in force');
    }
  };
  return {
    find(token) {
      refresh();
      const digest = createHash('sha256').update(token).digest();
      let found: Entry | undefined;
      for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry;
      if (found === undefined) return undefined;
      const { name, role } = found;
      return { name, may: (needed) => mayAct(role, needed) };
    },
    secretOf(name, needed) {
      refresh();
      return entries.find((entry) => entry.name === name && mayAct(entry.role, needed))?.digest;
    },
  };
}

const mayAct = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed);

export function parseTokens(text: string): readonly Entry[] {
  const faults: string[] = [];
  const entries: Entry[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const [, name, role, hex] = LINE.exec(line) ?? [];
    const known = ROLES.find((candidate) => candidate === role?.toLowerCase());
    if (name === undefined || known === undefined || hex === undefined) faults.push(`line ${index + 1}`);
    else entries.push({ name, role: known, digest: Buffer.from(hex, 'hex') });
  }
  if (faults.length > 0 || entries.length === 0) {
    const what = faults.length > 0 ? faults.join(', ') : 'it holds no token';
    throw new ProdworkError(
      'PRODWORK_CONFIG_INVALID',
      `PRODWORK_TOKENS_FILE: ${what}; each line is name:role:sha256, role one of ${ROLES.join(', ')}, the digest 64 hex digits`,
    );
  }
  return entries;
}

function readFileOrRefuse(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ProdworkError('PRODWORK_CONFIG_INVALID', 'PRODWORK_TOKENS_FILE: the file cannot be read', { cause });
  }
}

function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'absent' : `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
}
