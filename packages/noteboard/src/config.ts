import { readFileSync } from 'node:fs';
import { choice, integer, readEnv, text } from 'prodwork/config/env';

/** Settings of the noteboard. Durations in ms. */
export const noteboardSettings = {
  port: integer('NOTEBOARD_PORT', 5100, 0, 65_535, 'Where the board is served. 0 lets the system pick.'),
  host: text('NOTEBOARD_HOST', '127.0.0.1', 'Address to bind to.', /^[0-9A-Za-z.:_-]{1,255}$/),
  databaseUrl: text(
    'DATABASE_URL',
    'postgres://noteboard@127.0.0.1:5432/noteboard',
    'The database that keeps the notes: postgres://user:password@host:port/name.',
    /^postgres(ql)?:\/\/\S+$/,
    'a URL like postgres://user:password@host:5432/name',
  ),
  connections: integer(
    'NOTEBOARD_CONNECTIONS',
    5,
    1,
    100,
    'Database connections of one process at most. Too low: requests queue. Too high: the server runs out.',
  ),
  drainMs: integer(
    'NOTEBOARD_DRAIN_MS',
    8_000,
    100,
    600_000,
    'Longest wait, at a stop, for requests in flight. Too low: they are cut. Too high: the platform kills the process first.',
  ),
  logFormat: choice('LOG_FORMAT', 'json', ['json', 'pretty'], 'One JSON object a line, or lines for people.'),
  logLevel: choice(
    'LOG_LEVEL',
    'info',
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'Least level that is logged.',
  ),
} as const;

export type NoteboardConfig = {
  readonly [K in keyof typeof noteboardSettings]: ReturnType<(typeof noteboardSettings)[K]['parse']>;
};

/**
 * Reads the environment once.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID` with every fault.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): NoteboardConfig {
  return readEnv(noteboardSettings, env, [], (path) => readFileSync(path, 'utf8'), /^NOTEBOARD_/);
}
