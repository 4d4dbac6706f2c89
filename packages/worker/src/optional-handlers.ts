import { isProdworkError } from 'prodwork/errors';
import { EXIT, exitWith } from 'prodwork/process';
import { readBackupSetup } from './backup/config.ts';
import { backupHandler } from './handlers/backup.ts';
import type { AnyHandler } from './runtime/job-type.ts';

/** Handlers of types that need more than this package: a worker that lacks it is simply not handed such jobs. */
export function optionalHandlers(env: NodeJS.ProcessEnv): readonly AnyHandler[] {
  try {
    const setup = readBackupSetup(env);
    return setup === undefined ? [] : [backupHandler(setup)];
  } catch (error) {
    if (isProdworkError(error)) return exitWith(EXIT.config, error.message);
    throw error;
  }
}
