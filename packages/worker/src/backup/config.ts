import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { ProdworkError } from 'prodwork/errors';
import { isName } from 'prodwork/job/names';
import { Type } from 'typebox';
import { Value } from 'typebox/value';

/** One database of the operator's list. */
const Entry = Type.Object(
  {
    /** postgres://user:password@host/name; or `urlFile`, a path of a file that holds it. */
    url: Type.Optional(Type.String({ pattern: '^postgres(ql)?://\\S+$' })),
    urlFile: Type.Optional(Type.String({ minLength: 1 })),
    /** Where the dumps go: an absolute path that the worker may write to. */
    folder: Type.String({ minLength: 1 }),
    /** Dumps kept, 1 to 10,000; older ones are deleted after a good one. Default 14. */
    keep: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    /** A dump smaller than this share of the last good one is refused, 0 to 1. Default 0.5. Too high: a clean-up of the data fails the backup. */
    leastShare: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    /** true: no rows at all is a good backup. Default false. */
    mayBeEmpty: Type.Optional(Type.Boolean()),
    /** Called (GET) after a good backup, and only then: for a monitor that misses it when it does not come. */
    heartbeatUrl: Type.Optional(Type.String({ pattern: '^https?://\\S+$' })),
  },
  { additionalProperties: false },
);
const File = Type.Object({ databases: Type.Record(Type.String(), Entry) }, { additionalProperties: false });

export interface BackupTarget {
  readonly database: string;
  readonly url: string;
  readonly folder: string;
  readonly keep: number;
  readonly leastShare: number;
  readonly mayBeEmpty: boolean;
  readonly heartbeatUrl: string | undefined;
}

export interface BackupSetup {
  /** Path of `pg_dump`. */
  readonly pgDump: string;
  readonly targets: ReadonlyMap<string, BackupTarget>;
}

/**
 * What this worker can back up: undefined without `WORKER_BACKUP_FILE`, and without `pg_dump` on PATH, so that one file
 * may be given to every worker.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID` naming the file's faults.
 */
export function readBackupSetup(env: NodeJS.ProcessEnv): BackupSetup | undefined {
  const path = env.WORKER_BACKUP_FILE ?? '';
  const pgDump = findProgram('pg_dump', env.PATH ?? '');
  return path === '' || pgDump === undefined ? undefined : { pgDump, targets: readTargets(path) };
}

function readTargets(path: string): ReadonlyMap<string, BackupTarget> {
  const refuse = (fault: string): never => {
    throw new ProdworkError('PRODWORK_CONFIG_INVALID', `WORKER_BACKUP_FILE ${path}: ${fault}`);
  };
  const file = readJson(path, refuse);
  if (!Value.Check(File, file)) {
    const [first] = Value.Errors(File, file);
    return refuse(`${first?.instancePath || 'the whole'} ${first?.message ?? 'does not fit'}`);
  }
  const targets = new Map<string, BackupTarget>();
  for (const [database, entry] of Object.entries(file.databases)) {
    if (!isName(database)) refuse(`${JSON.stringify(database)} is no name`);
    if (!isAbsolute(entry.folder)) refuse(`databases/${database}/folder must be an absolute path`);
    const url = entry.url ?? (entry.urlFile ? readText(entry.urlFile, refuse).trim() : '');
    if (!URL.canParse(url)) refuse(`databases/${database} needs url or urlFile`);
    targets.set(database, {
      database,
      url,
      folder: entry.folder,
      keep: entry.keep ?? 14,
      leastShare: entry.leastShare ?? 0.5,
      mayBeEmpty: entry.mayBeEmpty ?? false,
      heartbeatUrl: entry.heartbeatUrl,
    });
  }
  return targets;
}

function readText(path: string, refuse: (fault: string) => never): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'cannot be read');
  }
}

function readJson(path: string, refuse: (fault: string) => never): unknown {
  const text = readText(path, refuse);
  try {
    return JSON.parse(text);
  } catch {
    return refuse('is no JSON');
  }
}

function findProgram(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
