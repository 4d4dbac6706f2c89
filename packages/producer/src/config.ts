import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { engineSettings } from 'prodwork/config/engine';
import { choice, integer, readEnv, text } from 'prodwork/config/env';
import { ERRORS, ProdworkError } from 'prodwork/errors';

/** Settings of the producer alone. `docs/configuration.md` is compared with them by a test. */
export const producerSettings = {
  port: integer('PRODUCER_PORT', 5000, 0, 65_535, 'Where the pages and the API are served. 0 lets the system pick.'),
  host: text(
    'PRODUCER_HOST',
    '127.0.0.1',
    'Address to bind to. Anything beyond loopback needs PRODWORK_TOKENS_FILE.',
    /^[0-9A-Za-z.:_-]{1,255}$/,
  ),
  tokensFile: text(
    'PRODWORK_TOKENS_FILE',
    '',
    'Path of the tokens file, one `name:role:sha256-of-the-token` a line; with it /api and /metrics want a Bearer token. Read again when it changes.',
  ),
  trustProxy: text(
    'PRODUCER_TRUST_PROXY',
    '',
    'Addresses or networks, separated by commas, whose X-Forwarded-For is believed. Empty: nobody. Too wide: anybody forges an address and escapes the rate limits.',
    /^[0-9A-Fa-f.:/, ]*$/,
  ),
  isHttps: choice(
    'PRODUCER_HTTPS',
    'off',
    ['off', 'on'],
    'on: the gateway in front speaks HTTPS, so browsers are told to insist on it.',
  ),
  apiPerSecond: integer(
    'PRODUCER_API_PER_SECOND',
    1_000,
    1,
    1_000_000,
    'API requests a second of one caller (its token, else its address); more is answered 429. Too high: one caller takes all.',
  ),
  pagesPerSecond: integer(
    'PRODUCER_PAGES_PER_SECOND',
    200,
    1,
    1_000_000,
    'Pages and submitted forms a second of one address; more is answered 429. Everybody behind one proxy that is not trusted is one address.',
  ),
  streamsMax: integer(
    'PRODUCER_STREAMS_MAX',
    1_000,
    1,
    100_000,
    'Live streams open at once; one more is answered 503. About 40 KiB of memory each.',
  ),
  backups: choice(
    'PRODUCER_BACKUPS',
    'off',
    ['off', 'on'],
    'on: jobs of type backup are taken. They run on workers with WORKER_BACKUP_FILE and pg_dump; without one they wait.',
  ),
  replicaName: text(
    'PRODUCER_NAME',
    '',
    'Names this replica in the footer and in X-Prodwork-Replica. Empty: the host name.',
    /^[A-Za-z0-9._-]{0,64}$/,
  ),
  drainMs: integer(
    'PRODUCER_DRAIN_MS',
    8_000,
    100,
    600_000,
    'Longest wait, at a stop, for requests in flight. Too low: they are cut. Too high: the platform kills the process first.',
  ),
} as const;

const settings = { ...engineSettings, ...producerSettings };

export type ProducerConfig = { readonly [K in keyof typeof settings]: ReturnType<(typeof settings)[K]['parse']> };

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/**
 * Reads the environment once.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID` with every fault.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): ProducerConfig {
  const others = Object.keys(env).filter((name) => /^(WORKER|HISTORY|PRODWORK)_/.test(name));
  const config = readEnv(settings, env, others, (path) => readFileSync(path, 'utf8'));
  if (!isLoopback(config.host) && config.tokensFile === '') {
    throw new ProdworkError(
      'PRODWORK_CONFIG_INVALID',
      `${ERRORS.PRODWORK_CONFIG_INVALID.title}:\n  PRODUCER_HOST=${JSON.stringify(config.host)}: beyond loopback the API needs PRODWORK_TOKENS_FILE (a file with one name:role:sha256 a line), or anybody could submit and cancel jobs`,
    );
  }
  return { ...config, replicaName: config.replicaName || hostname().slice(0, 64) };
}
