import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { ProdworkError } from 'prodwork/errors';
import { PermanentError } from 'prodwork/job/handle';
import { Agent } from 'undici';
import { type Exception, isAllowed } from './addresses.ts';

/** Every address that a name stands for. */
export type Resolve = (host: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

export const resolveBySystem: Resolve = (host, done) =>
  systemLookup(host, { all: true, verbatim: true }, (error, addresses) => done(error, addresses ?? []));

export function blocked(host: string, address: string, port: number): PermanentError {
  const where = host === address ? `${host}` : `${host} (${address})`;
  const message = `${where}, port ${port}, is not on the public web: private, local and reserved addresses, and ports other than 80 and 443, are not asked`;
  return new PermanentError(message, { cause: new ProdworkError('BLOCKED_ADDRESS', message) });
}

/** The port that a URL leads to. */
const portOf = (url: URL): number => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

/**
 * A host that is an address is never looked up, so it is judged here, before anything is opened.
 * @throws PermanentError `BLOCKED_ADDRESS`
 */
export function judgeUrl(url: URL, exceptions: readonly Exception[]): void {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = portOf(url);
  if (isIP(host) !== 0 && !isAllowed(host, port, exceptions)) throw blocked(host, host, port);
}

/**
 * Connects only to addresses that were judged: a name is resolved once, every address that it stands for must be allowed,
 * and the connection goes to one of these very addresses. A name that says something else a moment later leads nowhere.
 */
export function guardedAgent(url: URL, exceptions: readonly Exception[], resolve: Resolve): Agent {
  const port = portOf(url);
  const lookup: LookupFunction = (host, options, done) => {
    resolve(host, (error, addresses) => {
      if (error) return done(error, '', 0);
      const bad = addresses.find(({ address }) => !isAllowed(address, port, exceptions));
      if (bad !== undefined) return done(blocked(host, bad.address, port), '', 0);
      const [first] = addresses;
      if (first === undefined) return done(new Error(`${host} stands for no address`), '', 0);
      return options.all ? done(null, [...addresses]) : done(null, first.address, first.family);
    });
  };
  return new Agent({
    connect: { lookup, timeout: 10_000 },
    headersTimeout: 15_000,
    bodyTimeout: 10_000,
    connections: 1,
    pipelining: 0,
    maxHeaderSize: 32 * 1024,
  });
}
