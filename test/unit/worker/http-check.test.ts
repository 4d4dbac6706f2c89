import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpCheckHandler } from '@prodwork/worker/handlers/http-check';
import { isAllowed, parseExceptions } from '@prodwork/worker/http-check/addresses';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { type WorkerUnderTest, workerWith } from '../../support/worker-under-test.ts';

/** A server of ours that a check must not reach, or that it asks by exception. */
let server: Server;
let port: number;
let connections: number;
let listener: RequestListener;
let made: WorkerUnderTest | undefined;
beforeEach(async () => {
  connections = 0;
  listener = (_request, response) => response.end('hello');
  server = createServer((request, response) => listener(request, response)).on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  await made?.worker.stop();
  made = undefined;
  server.closeAllConnections();
  server.close();
});

/** What a name stands for, one answer after the other: the last one stays. */
const names =
  (answers: Readonly<Record<string, readonly (readonly string[])[]>>, asked: string[] = []) =>
  (host: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void): void => {
    const before = asked.filter((one) => one === host).length;
    asked.push(host);
    const all = answers[host] ?? [];
    const addresses = all[Math.min(before, all.length - 1)];
    if (addresses === undefined) done(new Error(`no such name: ${host}`), []);
    else
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  };

async function check(url: string, allow = '', resolve = names({})) {
  const handler = httpCheckHandler(parseExceptions(allow), resolve);
  made = await workerWith([handler], { drainMs: 1 });
  const claim = made.consumer.give('http-check', { url });
  return until('the check is settled', () => made?.consumer.outcomeOf(claim), 30_000);
}

const BLOCKED = { kind: 'bury', error: { code: 'BLOCKED_ADDRESS' } };

describe('A15: what is not on the public web is not asked', () => {
  test.each([
    ['loopback', (own: number) => `http://127.0.0.1:${own}/`],
    ['loopback as one hexadecimal number', (own: number) => `http://0x7f000001:${own}/`],
    ['loopback as one decimal number', (own: number) => `http://2130706433:${own}/`],
    ['loopback in octal', (own: number) => `http://0177.0.0.1:${own}/`],
    ['loopback with parts left out', (own: number) => `http://127.1:${own}/`],
    ['loopback in IPv6', (own: number) => `http://[::1]:${own}/`],
    ['loopback mapped into IPv6', (own: number) => `http://[::ffff:127.0.0.1]:${own}/`],
    ['loopback mapped, in hexadecimal', (own: number) => `http://[::ffff:7f00:1]:${own}/`],
    ['this host', (own: number) => `http://0.0.0.0:${own}/`],
    ['link-local, where clouds keep their secrets', () => 'http://169.254.169.254/latest/meta-data/'],
    ['a private network', () => 'https://10.0.0.1/'],
    ['a public address at another port', () => 'http://93.184.216.34:6379/'],
  ])('%s', async (_what, url) => {
    expect(await check(url(port))).toMatchObject(BLOCKED);
    expect(connections).toBe(0);
  });

  test.each([
    ['localhost', ['127.0.0.1', '::1']],
    ['redis', ['172.18.0.2']],
    ['metadata.internal', ['fd00:ec2::254']],
    ['one good and one bad address', ['93.184.216.34', '127.0.0.1']],
  ])('a name that stands for %s', async (_what, addresses) => {
    expect(await check('http://a-name.example/', '', names({ 'a-name.example': [addresses] }))).toMatchObject(BLOCKED);
    expect(connections).toBe(0);
  });

  test('redis:6379', async () => {
    expect(await check('http://redis:6379/', '', names({ redis: [['172.18.0.2']] }))).toMatchObject(BLOCKED);
  });

  test('a name that changes its mind is asked once, and what it said then is where the connection goes', async () => {
    const asked: string[] = [];
    // The first answer is allowed by exception: it is this server. A second look would be led to another address.
    const resolve = names({ 'rebind.example': [['127.0.0.1'], ['127.0.0.2']] }, asked);
    const outcome = await check(`http://rebind.example:${port}/`, `127.0.0.1:${port}`, resolve);
    expect(outcome.kind).toBe('complete');
    expect(asked).toEqual(['rebind.example']);
    expect(connections).toBe(1);
  });

  test.each([
    ['an address', () => 'http://169.254.169.254/'],
    ['a name', () => 'http://inner.example/'],
    ['another port of a server that may be asked', () => 'http://127.0.0.1:1/'],
  ])('a redirect to %s', async (_what, target) => {
    listener = (_request, response) => response.writeHead(302, { location: target() }).end();
    const resolve = names({ 'inner.example': [['10.0.0.7']] });
    expect(await check(`http://127.0.0.1:${port}/`, `127.0.0.1:${port}`, resolve)).toMatchObject(BLOCKED);
    expect(connections).toBe(1);
  });

  test.each(['file:///etc/passwd', 'ftp://example.com/', 'javascript:alert(1)', 'http://', 'http://１２７.０.０.１/'])(
    '%s is no payload',
    async (url) => {
      expect(await check(url)).toMatchObject({ kind: 'bury', error: { code: 'INVALID_PAYLOAD' } });
    },
  );

  test.each(['file:///etc/passwd', 'gopher://127.0.0.1/'])('a redirect to %s ends the check', async (location) => {
    listener = (_request, response) => response.writeHead(302, { location }).end();
    expect(await check(`http://127.0.0.1:${port}/`, `127.0.0.1:${port}`)).toMatchObject({ kind: 'bury' });
  });

  test('a name and password in the address are sent to nobody', async () => {
    expect(await check(`http://user:secret@127.0.0.1:${port}/`, `127.0.0.1:${port}`)).toMatchObject({ kind: 'bury' });
    expect(connections).toBe(0);
  });
});

describe('http-check', () => {
  const own = () => [`http://127.0.0.1:${port}/`, `127.0.0.1:${port}`] as const;

  test('says status, size, hash and the way', async () => {
    listener = (request, response) => {
      if (request.url === '/') response.writeHead(301, { location: '/next' }).end();
      else response.writeHead(404, { 'content-type': 'text/plain' }).end('hello');
    };
    const outcome = await check(...own());
    if (outcome.kind !== 'complete') throw new Error(JSON.stringify(outcome));
    expect(JSON.parse(outcome.resultJson)).toEqual({
      status: 404,
      url: `http://127.0.0.1:${port}/next`,
      type: 'text/plain',
      bytes: 5,
      sha256: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
      ms: expect.any(Number),
      redirects: [`http://127.0.0.1:${port}/next`],
    });
  });

  test('a circle of redirects ends', async () => {
    listener = (_request, response) => response.writeHead(302, { location: '/' }).end();
    expect(await check(...own())).toMatchObject({ kind: 'bury', error: { message: /redirects/ } });
  });

  test('a host that does not answer is tried again', async () => {
    listener = (request) => request.socket.destroy();
    expect(await check(...own())).toMatchObject({ kind: 'retry' });
  });

  test('ends when it is cancelled while the answer is awaited', async () => {
    listener = () => {};
    made = await workerWith([httpCheckHandler(parseExceptions(own()[1]), names({}))], { drainMs: 1 });
    const claim = made.consumer.give('http-check', { url: own()[0] });
    await until('it has asked', () => connections === 1);
    made.consumer.context.events.onCancel(claim.id, claim.fence);
    expect(await until('it is settled', () => made?.consumer.outcomeOf(claim))).toEqual({ kind: 'cancel' });
  });
});

describe('which addresses are public', () => {
  test.each(['93.184.216.34', '8.8.8.8', '172.15.0.1', '172.32.0.1', '2606:2800:220:1:248:1893:25c8:1946'])(
    '%s is',
    (address) => {
      expect(isAllowed(address, 443, [])).toBe(true);
      expect(isAllowed(address, 22, [])).toBe(false);
    },
  );

  test.each([
    ...[
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '127.255.255.254',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
    ],
    ...['192.0.0.8', '192.0.2.1', '192.168.1.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1'],
    ...[
      '255.255.255.255',
      '::',
      '::1',
      '::ffff:8.8.8.8',
      '::ffff:127.0.0.1',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '100::1',
    ],
    ...[
      '2001::1',
      '2001:db8::1',
      '2002:7f00:1::',
      '3fff::1',
      'fc00::1',
      'fd12::1',
      'fe80::1',
      'fe80::1%eth0',
      'ff02::1',
      'localhost',
      '',
    ],
  ])('%s is not', (address) => {
    expect(isAllowed(address, 80, [])).toBe(false);
  });
});

describe('the exceptions of WORKER_HTTP_CHECK_ALLOW', () => {
  test('are addresses and networks, each with its port', () => {
    const exceptions = parseExceptions('127.0.0.1:8080, 10.1.0.0/16:*,[::1]:80');
    expect(isAllowed('127.0.0.1', 8080, exceptions)).toBe(true);
    expect(isAllowed('127.0.0.1', 8081, exceptions)).toBe(false);
    expect(isAllowed('10.1.9.9', 6379, exceptions)).toBe(true);
    expect(isAllowed('10.2.0.1', 80, exceptions)).toBe(false);
    expect(isAllowed('::1', 80, exceptions)).toBe(true);
  });

  test.each(['127.0.0.1', 'localhost:80', '10.0.0.0/33:80', '1.2.3.4:70000', '[::1', '::1:80'])(
    '%s is refused',
    (entry) => {
      expect(() => parseExceptions(entry)).toThrow(/is not address:port/);
    },
  );
});
