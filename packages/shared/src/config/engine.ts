import type { EngineOptions } from '../engines/open.ts';
import type { Log } from '../log.ts';
import { parseRedisUrl, withCaFile } from '../redis/url.ts';
import { choice, integer, type Setting, text } from './env.ts';

/** Settings that producer and worker share. They must agree between the two, so they are defined once. */
export const engineSettings = {
  engine: choice(
    'QUEUE_ENGINE',
    'lease',
    // The memory engine lives in one process: it is for tests, and no setting.
    ['lease', 'brpop', 'bullmq'],
    'How jobs are handed over. The same on every producer and worker.',
  ),
  redisUrl: {
    ...text(
      'REDIS_URL',
      'redis://127.0.0.1:6379',
      'Where Redis is: redis://, rediss:// (TLS), redis+sentinel://host:port,host:port/name or redis+cluster://host:port,host:port.',
    ),
    range: 'one of the forms above',
    parse: (value) => {
      parseRedisUrl(value);
      return value;
    },
  },
  redisCaFile: text(
    'REDIS_TLS_CA_FILE',
    '',
    'Path of the PEM file of the authority that signed the certificate of a rediss:// server. Empty: those that Node knows.',
  ),
  queue: text(
    'QUEUE_NAME',
    'default',
    'The queue that workers serve and that the form submits to.',
    /^[a-z0-9][a-z0-9_-]{0,63}$/,
  ),
  prefix: text('QUEUE_PREFIX', 'prodwork', 'Prefix of every key in Redis.', /^[a-z0-9][a-z0-9_-]{0,31}$/),
  durability: choice(
    'QUEUE_DURABILITY',
    'everysec',
    ['everysec', 'fsync'],
    'When a job counts as accepted: `everysec` survives any process crash, `fsync` also a power cut (Redis 7.2 or later).',
  ),
  backlogMax: integer(
    'QUEUE_BACKLOG_MAX',
    1_000_000,
    1,
    100_000_000,
    'Unfinished jobs of a queue; beyond it a submit is refused with QUEUE_FULL. Too high: Redis memory decides instead.',
  ),
  leaseMs: integer(
    'QUEUE_LEASE_MS',
    10_000,
    1_000,
    600_000,
    "A worker that has not renewed for this long loses its jobs. Too low: a long pause of the process starts jobs twice. Too high: a frozen worker's jobs wait.",
  ),
  heartbeatMs: integer(
    'QUEUE_HEARTBEAT_MS',
    3_000,
    100,
    60_000,
    'How often a worker renews its lease; a third of the lease or less.',
  ),
  deliveryLimit: integer(
    'QUEUE_DELIVERY_LIMIT',
    20,
    1,
    20,
    'Starts of one job, whatever ended them; then it is dead with its payload kept.',
  ),
  keepCount: integer(
    'QUEUE_KEEP_COUNT',
    10_000,
    0,
    10_000_000,
    'Finished jobs kept in Redis, per final state; for a moment, one in a hundred more.',
  ),
  keepAgeMs: integer(
    'QUEUE_KEEP_AGE_MS',
    7 * 24 * 3600 * 1000,
    1_000,
    10 * 365 * 24 * 3600 * 1000,
    'Finished jobs are kept at most this long.',
  ),
  keepBytes: integer(
    'QUEUE_KEEP_BYTES',
    256 * 1024 * 1024,
    0,
    1024 ** 4,
    'Finished jobs take at most about this much of Redis.',
  ),
  filesBytes: integer(
    'QUEUE_FILES_BYTES',
    256 * 1024 * 1024,
    0,
    1024 ** 4,
    'All files together (uploads, results that are files) take at most this much of Redis; one more is refused with FILES_FULL. Too high: jobs find no room.',
  ),
  filesKeepMs: integer(
    'QUEUE_FILES_KEEP_MS',
    24 * 3600 * 1000,
    60_000,
    365 * 24 * 3600 * 1000,
    'A file is kept this long after a job last referred to it (an upload that no job refers to: an hour at most). Too low: jobs that wait long find their files gone.',
  ),
  logFormat: choice('LOG_FORMAT', 'json', ['json', 'pretty'], 'One JSON object a line, or lines for people.'),
  logLevel: choice(
    'LOG_LEVEL',
    'info',
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'Least level that is logged.',
  ),
} as const satisfies Record<string, Setting<unknown>>;

type EngineConfig = { readonly [K in keyof typeof engineSettings]: ReturnType<(typeof engineSettings)[K]['parse']> };

/** The engine's options, out of a process's configuration. */
export function engineOptions(config: EngineConfig, log: Log): EngineOptions {
  return {
    redisUrl: withCaFile(config.redisUrl, config.redisCaFile),
    log,
    prefix: config.prefix,
    durability: config.durability,
    backlogMax: config.backlogMax,
    leaseMs: config.leaseMs,
    heartbeatMs: config.heartbeatMs,
    deliveryLimit: config.deliveryLimit,
    keep: { count: config.keepCount, ageMs: config.keepAgeMs, bytes: config.keepBytes },
  };
}
