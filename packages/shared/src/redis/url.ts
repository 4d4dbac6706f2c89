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
  /** Present when the line is TLS. */
  readonly tls?: TlsFiles;
}

/** Paths of PEM files; without `ca` the authorities that Node knows are trusted. */
export interface TlsFiles {
  readonly ca?: string;
  /** The client's own certificate and its key, for servers that ask for one. */
  readonly cert?: string;
  readonly key?: string;
}

const FORM =
  /^(redis|rediss|redis\+sentinel|rediss\+sentinel|redis\+cluster|rediss\+cluster):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/;

/**
 * Reads a Redis URL:
 * `redis://[user:password@]host[:port][/db]`, `rediss://...` for TLS,
 * `redis+sentinel://[user:password@]host:port,host:port/master-name`, `redis+cluster://[user:password@]host:port,host:port`.
 * The TLS forms (`rediss+sentinel`, `rediss+cluster` too) take `?ca=<path>&cert=<path>&key=<path>`.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID`; the message never holds the password.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const [, scheme, user, password, hosts, path = '', query] = FORM.exec(url) ?? [];
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
    ...tlsOf(scheme, query),
  };
}

/** The URL with the file of the authority that signed the server's certificate, unless it names one itself. */
export function withCaFile(url: string, caFile: string): string {
  if (caFile === '' || /[?&]ca=/.test(url)) return url;
  return `${url}${url.includes('?') ? '&' : '?'}ca=${encodeURIComponent(caFile)}`;
}

function tlsOf(scheme: string, query: string | undefined): { tls?: TlsFiles } {
  const parameters = new URLSearchParams(query);
  const isTls = scheme.startsWith('rediss');
  const stray = [...parameters.keys()].find((name) => !isTls || !['ca', 'cert', 'key'].includes(name));
  if (stray !== undefined) {
    const rule = isTls ? 'only ca, cert and key are known' : 'ca, cert and key belong to rediss://';
    throw new ProdworkError('PRODWORK_CONFIG_INVALID', `REDIS_URL: ?${stray}= means nothing here; ${rule}`, {
      field: 'REDIS_URL',
    });
  }
  return isTls ? { tls: Object.fromEntries(parameters) } : {};
}
