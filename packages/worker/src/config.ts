import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { engineSettings } from 'prodwork/config/engine';
import { integer, readEnv, type Setting, text } from 'prodwork/config/env';
import { isName, isWorkerName } from 'prodwork/job/names';
import { parseExceptions } from './http-check/addresses.ts';

/** Everything that a worker reads from its environment, beside the settings that it shares with the producer. */
export const workerSettings = {
  ...engineSettings,
  slots: integer(
    'WORKER_SLOTS',
    10,
    1,
    1_000,
    'Jobs run at the same time by one worker. Too low: Redis waits for the worker. Too high: jobs slow each other down, and one death costs more restarts.',
  ),
  name: {
    name: 'WORKER_NAME',
    description: 'Stable name of this worker; two living workers may not share one. Empty: the host name.',
    range: 'letters, digits, dot, dash and underscore; up to 64',
    fallback: '',
    parse: workerName,
  },
  types: {
    name: 'WORKER_TYPES',
    description: 'Job types to serve, separated by commas. Empty: every type that this worker has a handler for.',
    range: 'names of registered types',
    fallback: '',
    parse: (value) => parseTypes(value, undefined),
  },
  host: text(
    'WORKER_HOST',
    '127.0.0.1',
    'Address of /healthz, /readyz and /metrics. They carry no payloads, but open them to your own network only.',
    /^[0-9A-Za-z.:-]+$/,
  ),
  port: integer('WORKER_PORT', 5001, 0, 65_535, 'Port of /healthz, /readyz and /metrics. 0: any free one.'),
  drainMs: integer(
    'WORKER_DRAIN_MS',
    20_000,
    0,
    3_600_000,
    'How long jobs in hand may finish after a stop was asked for; then they are aborted and handed back. Keep it 10 s below the grace period of whatever stops the process.',
  ),
  graceMs: integer(
    'WORKER_ABORT_GRACE_MS',
    5_000,
    0,
    600_000,
    'How long a handler may take to end once its signal has fired; then its job is settled without it. Its slot stays taken until it ends.',
  ),
  watchdogMs: integer(
    'WORKER_WATCHDOG_MS',
    25_000,
    1_000,
    600_000,
    'A worker whose fetch loop has not turned for this long leaves with code 1. Too low: a slow Redis restarts workers. Too high: a stuck one lingers.',
  ),
  ledgerFile: text(
    'WORKER_LEDGER_FILE',
    '',
    'Appends a line of JSON at every start, end and commit of a job: the books of the fault tests. Empty: none.',
  ),
  backupFile: text(
    'WORKER_BACKUP_FILE',
    '',
    'Path of the JSON list of databases that `backup` jobs may dump. With it, and with pg_dump on PATH, this worker takes such jobs.',
  ),
  httpCheckAllow: {
    name: 'WORKER_HTTP_CHECK_ALLOW',
    description:
      'What `http-check` jobs may ask beside the public web at ports 80 and 443, e.g. `127.0.0.1:8080,10.1.0.0/16:*`. Whoever may submit jobs may then look there.',
    range: 'address:port or network/bits:port, separated by commas; `*` is any port, IPv6 in brackets',
    fallback: '',
    parse: parseExceptions,
  },
  restarts: integer(
    'WORKER_RESTARTS',
    0,
    0,
    1_000_000_000,
    'Set by a supervisor: how often it has restarted this worker.',
  ),
  lastDeath: text(
    'WORKER_LAST_DEATH',
    '',
    'Set by a supervisor: how the previous process of this worker ended.',
    /^[^\r\n]{0,200}$/,
  ),
} as const satisfies Record<string, Setting<unknown>>;

export type WorkerConfig = {
  readonly [K in keyof typeof workerSettings]: ReturnType<(typeof workerSettings)[K]['parse']>;
};

/** Settings of the other processes: they share an environment file, so their names are no mistakes here. */
const OTHERS = /^(PRODUCER|HISTORY|PRODWORK)_/;

/**
 * Reads the environment.
 * @param registered the types that this worker has handlers for; `WORKER_TYPES` may name those only.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID`, every fault in its message.
 */
export function readWorkerConfig(
  registered: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): WorkerConfig {
  const types = { ...workerSettings.types, parse: (value: string) => parseTypes(value, registered) };
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !OTHERS.test(name)));
  return readEnv({ ...workerSettings, types }, own, [], readFile);
}

function workerName(value: string): string {
  const name =
    value === ''
      ? hostname()
          .replace(/[^A-Za-z0-9._-]/g, '-')
          .slice(0, 64)
      : value;
  if (!isWorkerName(name)) throw new Error('must be 1 to 64 letters, digits, dots, dashes or underscores');
  return name;
}

function parseTypes(value: string, registered: readonly string[] | undefined): readonly string[] {
  const types = value.split(',').flatMap((part) => part.trim() || []);
  for (const type of types) {
    if (!isName(type)) throw new Error(`${JSON.stringify(type)} is no type name`);
    if (registered && !registered.includes(type)) {
      throw new Error(`no handler for ${JSON.stringify(type)}; there are ${registered.join(', ')}`);
    }
  }
  return types.length === 0 && registered ? [...registered] : [...new Set(types)];
}
