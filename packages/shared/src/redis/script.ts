import { createHash } from 'node:crypto';
import type { Connection } from './connections.ts';

/** A Lua script and its digest. Called by digest; when the server has forgotten it, its text is sent once more. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;
}

export function createScript(name: string, lua: string): Script {
  return { name, lua, sha: createHash('sha1').update(lua).digest('hex') };
}

export type ScriptArg = string | number | Buffer;

/**
 * Runs a script. The reply is whatever the server sent: the caller checks its shape.
 * @throws the server's error, or ioredis's when the connection ended first; arguments are stripped from both, so that
 *   payloads never reach a log.
 */
export async function runScript(
  connection: Connection,
  script: Script,
  keys: readonly string[],
  args: readonly ScriptArg[],
): Promise<unknown> {
  try {
    return await connection.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!isReply(error, 'NOSCRIPT')) throw stripped(error);
  }
  try {
    return await connection.eval(script.lua, keys.length, ...keys, ...args);
  } catch (error) {
    throw stripped(error);
  }
}

/** True when the server itself refused with this code: then nothing of the command was done. */
export function isReply(error: unknown, code: string): boolean {
  return error instanceof Error && error.name === 'ReplyError' && error.message.startsWith(code);
}

/** True when the server answered at all (with an error); false when the answer was lost on the way. */
export function isAnswered(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

function stripped(error: unknown): unknown {
  if (error instanceof Error && 'command' in error) delete error.command;
  return error;
}
