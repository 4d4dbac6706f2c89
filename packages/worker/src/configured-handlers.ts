import { isProdworkError } from 'prodwork/errors';
import { EXIT, exitWith } from 'prodwork/process';
import { readBackupSetup } from './backup/config.ts';
import { backupHandler } from './handlers/backup.ts';
import { httpCheckHandler } from './handlers/http-check.ts';
import { type Exception, parseExceptions } from './http-check/addresses.ts';
import type { AnyHandler } from './runtime/job-type.ts';

/**
 * What the environment changes about the handlers: types that need more than this package are added where they have it
 * (a worker that lacks it is simply not handed such jobs), and `http-check` learns its exceptions.
 */
export function configuredHandlers(handlers: readonly AnyHandler[], env: NodeJS.ProcessEnv): readonly AnyHandler[] {
  try {
    const httpCheck = httpCheckHandler(exceptionsIn(env.WORKER_HTTP_CHECK_ALLOW ?? ''));
    const backup = readBackupSetup(env);
    const known = handlers.map((one) => (one.definition.type === httpCheck.definition.type ? httpCheck : one));
    return backup === undefined ? known : [...known, backupHandler(backup)];
  } catch (error) {
    if (isProdworkError(error)) return exitWith(EXIT.config, error.message);
    throw error;
  }
}

/** A fault in the setting is found again, and reported with all others, when the whole environment is read. */
function exceptionsIn(setting: string): readonly Exception[] {
  try {
    return parseExceptions(setting);
  } catch {
    return [];
  }
}
