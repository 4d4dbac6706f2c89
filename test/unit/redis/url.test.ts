import { readFileSync } from 'node:fs';
import { parseRedisUrl, withCaFile } from 'prodwork/redis/url';
import { describe, expect, it, test } from 'vitest';

const PAGE = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/^\| ([^|`]+) \| `(rediss?(?:\+\w+)?:\/\/[^`]+)` \|$/gm)].map(
  ([, topology = '', url = '']) => [topology, url] as const,
);

describe('REDIS_URL', () => {
  it('has an example of every form on the page of settings', () => {
    const forms = EXAMPLES.map(([, url]) => url.slice(0, url.indexOf(':')));
    const all = ['redis', 'rediss', 'redis+sentinel', 'rediss+sentinel', 'redis+cluster', 'rediss+cluster'];
    expect([...new Set(forms)].toSorted()).toEqual(all.toSorted());
  });

  test.each(EXAMPLES)('the example for %s is read as what it says', (topology, url) => {
    const target = parseRedisUrl(url);
    const kind = /Sentinel/.test(topology) ? 'sentinel' : /Cluster/.test(topology) ? 'cluster' : 'single';
    expect(target.topology).toBe(kind);
    expect(target.tls !== undefined).toBe(/TLS/.test(topology));
    expect(target.tls?.ca).toBe(url.includes('?ca=') ? '/etc/redis/ca.pem' : undefined);
    expect(target.tls?.key).toBe(url.includes('&key=') ? '/etc/redis/client.key' : undefined);
    expect(target.username).toBe(url.includes('@') ? 'user' : undefined);
    expect(target.password).toBe(url.includes('@') ? 'password' : undefined);
    expect(target.master).toBe(kind === 'sentinel' ? 'mymaster' : undefined);
    expect(target.nodes).toHaveLength(kind === 'single' ? 1 : 2);
  });

  it('knows the ports that are left out, escapes in passwords, databases and IPv6', () => {
    expect(parseRedisUrl('redis+sentinel://a,b:1/m').nodes).toEqual([
      { host: 'a', port: 26379 },
      { host: 'b', port: 1 },
    ]);
    expect(parseRedisUrl('redis://:p%40%2F%3F@h/3')).toMatchObject({ password: 'p@/?', db: 3 });
    expect(parseRedisUrl('redis://[::1]:7000').nodes).toEqual([{ host: '::1', port: 7000 }]);
  });

  test.each([
    ['http://h', /none of the known forms/],
    ['redis://h:0', /cannot be/],
    ['redis://h:99999', /cannot be/],
    ['redis://h/name', /number of a database/],
    ['redis+sentinel://h:1', /ends in/],
    ['redis://h?ca=/x', /belong to rediss/],
    ['rediss://h?verify=no', /only ca, cert and key/],
  ])('%s is refused with its rule, and without the password', (url, rule) => {
    expect(() => parseRedisUrl(url)).toThrow(rule);
    expect(() => parseRedisUrl(url.replace('://', '://u:secret@'))).not.toThrow(/secret/);
  });

  it('takes the authority of REDIS_TLS_CA_FILE, unless it names one itself', () => {
    expect(parseRedisUrl(withCaFile('rediss://h', '/a b.pem')).tls).toEqual({ ca: '/a b.pem' });
    expect(parseRedisUrl(withCaFile('rediss://h?ca=/own.pem', '/other.pem')).tls).toEqual({ ca: '/own.pem' });
    expect(withCaFile('redis://h', '')).toBe('redis://h');
  });
});
