import { ProdworkError } from '../errors.ts';

/** Where a Redis is, read from `REDIS_URL`. */
export interface RedisTarget {
  readonly topology: 'single' | 'sentinel' | 'cluster';
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** Sentinel only: the name of the master group. */
  readonly master?: string;
  readonly username?: string;
  readonly password?: string;
  readonly db: number;
  readonly tls: boolean;
}

const FORM =
  /^(redis|rediss|redis\+sentinel|rediss\+sentinel|redis\+cluster|rediss\+cluster):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/([^?]*))?$/;

/**
 * Reads a Redis URL:
 * `redis://[user:password@]host[:port][/db]`, `rediss://...` for TLS,
 * `redis+sentinel://[user:password@]host:port,host:port/master-name`, `redis+cluster://[user:password@]host:port,host:port`.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID`; the message never holds the password.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const [, scheme, user, password, hosts, path = ''] = FORM.exec(url) ?? [];
  if (scheme === undefined || hosts === undefined) {
    throw new ProdworkError('PRODWORK_CONFIG_INVALID', 'REDIS_URL has none of the known forms', { field: 'REDIS_URL' });
  }
  const kind = scheme.includes('sentinel') ? 'sentinel' : scheme.includes('cluster') ? 'cluster' : 'single';
  const defaultPort = kind === 'sentinel' ? 26379 : 6379;
  const nodes = hosts.split(',').map((entry) => {
    const [, host = '', port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(entry) ?? [];
    return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? defaultPort : Number(port) };
  });
  if (nodes.some(({ host, port }) => host === '' || port < 1 || port > 65_535)) {
    throw new ProdworkError('PRODWORK_CONFIG_INVALID', 'REDIS_URL names a host or port that cannot be', {
      field: 'REDIS_URL',
    });
  }
  if (kind === 'single' && path !== '' && !/^\d+$/.test(path)) {
    throw new ProdworkError('PRODWORK_CONFIG_INVALID', 'REDIS_URL: the path is the number of a database', {
      field: 'REDIS_URL',
    });
  }
  if (kind === 'sentinel' && path === '') {
    throw new ProdworkError('PRODWORK_CONFIG_INVALID', 'REDIS_URL: a Sentinel URL ends in /<master name>', {
      field: 'REDIS_URL',
    });
  }
  return {
    topology: kind,
    nodes,
    ...(kind === 'sentinel' ? { master: decodeURIComponent(path) } : {}),
    ...(user ? { username: decodeURIComponent(user) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    db: kind === 'single' && path !== '' ? Number(path) : 0,
    tls: scheme.startsWith('rediss'),
  };
}
