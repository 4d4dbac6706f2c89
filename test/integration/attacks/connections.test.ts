import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEventStream } from '../../support/event-stream.ts';
import { jobCount, jsonOf, type ProducerUnderTest, post, producer } from '../../support/producer-under-test.ts';
import { until } from '../../support/until.ts';

let test: ProducerUnderTest | undefined;
const sockets: Socket[] = [];
const start = async (config = {}): Promise<string> => {
  test = await producer(config);
  return test.listen();
};
beforeEach(() => {
  sockets.length = 0;
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await test?.close();
  test = undefined;
});

async function raw(base: string): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  socket.resume();
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return { socket, closed };
}

describe('A02: those who send slowly', () => {
  it('are cut, headers and bodies alike, while others are served', async () => {
    const base = await start();
    const slow = await Promise.all(Array.from({ length: 200 }, () => raw(base)));
    for (const [index, { socket }] of slow.entries()) {
      socket.write(
        index % 2 === 0
          ? 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '
          : 'POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      );
    }
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    await Promise.all(slow.map(({ closed }) => closed));
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });
});

describe('A08: headers made to break logs', () => {
  it.each(['json', 'pretty'])('never leave their line of the %s log', (format) => {
    const words = 'a\r\nfake line\u001b[31m \u202e';
    const script = `import { createLog } from 'prodwork/log';
      const log = createLog({ name: 'x', level: 'info', format: '${format}' });
      log.info(${JSON.stringify(words)});
      log.error({ err: new Error(${JSON.stringify(words)}) }, 'failed');`;
    const { stdout, status } = spawnSync(
      process.execPath,
      ['--conditions=source', '--input-type=module', '-e', script],
      {
        encoding: 'utf8',
        cwd: import.meta.dirname,
      },
    );
    expect(status).toBe(0);
    expect(stdout).toContain('fake line');
    expect(stdout).not.toMatch(/^\s*fake line/m);
    for (const character of ['\u001b', '\u202e', '\r']) expect(stdout).not.toContain(character);
  });

  it('are refused by Node or ignored by rule', async () => {
    const base = await start();
    const { socket, closed } = await raw(base);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Bad: a\u0000b\r\nX: \u001b[2J\r\n\r\n');
    await closed;
    const long = await fetch(`${base}/healthz`, { headers: { 'x-request-id': 'x'.repeat(4_000) } });
    expect(long.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const huge = await fetch(`${base}/healthz`, { headers: { 'x-big': 'x'.repeat(65_536) } }).catch(() => undefined);
    expect(huge?.status ?? 431).toBe(431);
  });
});

describe('A12: a flood', () => {
  it('is answered 429 with Retry-After; forged addresses do not help; queued work is unharmed', async () => {
    const base = await start({ apiPerSecond: 20, pagesPerSecond: 20 });
    const call = (n: number) =>
      fetch(`${base}/api/jobs`, {
        ...post({ type: 'sleep', payload: { seconds: 1 }, id: `job${n}` }, { 'x-forwarded-for': `10.0.0.${n}` }),
        body: post({ type: 'sleep', payload: { seconds: 1 }, id: `job${n}` }).payload,
      });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => call(n)));
    const accepted = answers.filter((answer) => answer.status === 202).length;
    const refused = answers.filter((answer) => answer.status === 429);
    expect(accepted + refused.length).toBe(200);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused[0]?.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', rule: '20 requests a second' });
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    const queue = await until('the next second', async () => {
      const answer = await fetch(`${base}/api/queues`);
      return answer.ok ? jsonOf<{ queues: { counts: { waiting: number } }[] }>(answer) : undefined;
    });
    expect(queue.queues[0]?.counts.waiting).toBe(accepted);
  });

  it('of one address behind a trusted proxy leaves the others alone', async () => {
    const base = await start({ pagesPerSecond: 5, trustProxy: '127.0.0.1' });
    const from = async (address: string) =>
      (await fetch(`${base}/docs`, { headers: { 'x-forwarded-for': address } })).status;
    await Promise.all(Array.from({ length: 50 }, () => from('10.0.0.1')));
    expect(await from('10.0.0.2')).toBe(200);
  });
});

describe('A22: too many streams', () => {
  it('are refused, and those that are open go on', async () => {
    const base = await start({ streamsMax: 50 });
    const streams = await Promise.all(Array.from({ length: 200 }, () => openEventStream(`${base}/events`)));
    const open = streams.filter(({ response }) => response.status === 200);
    expect(open).toHaveLength(50);
    expect(streams.filter(({ response }) => response.status === 503)).toHaveLength(150);
    const first = await open[0]?.next('gauge');
    expect(first?.data.isAvailable).toBe(true);
    expect((await fetch(`${base}/`)).status).toBe(200);
    for (const stream of streams) stream.close();
    await until('the places to be free again', async () => {
      const stream = await openEventStream(`${base}/events`);
      stream.close();
      return stream.response.status === 200;
    });
  });
});

describe('A17: results that are large', () => {
  it('are cut on pages, with a mark', async () => {
    const base = await start();
    const made = await fetch(`${base}/api/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'anything', payload: { value: Array.from({ length: 20_000 }, (_, n) => n) } }),
    });
    const page = await (await fetch(`${base}/jobs/${(await jsonOf(made)).id}`)).text();
    expect(page).toContain('… cut here; the API has it whole');
    expect(page.length).toBeLessThan(100_000);
    expect(await jobCount((test as ProducerUnderTest).app)).toBe(1);
  });
});

describe('A06: a name that was pointed here', () => {
  it('opens neither API nor metrics where no token is needed', async () => {
    await start();
    const from = async (url: string, host: string) => (await test?.app.inject({ url, headers: { host } }))?.statusCode;
    for (const url of ['/api/queues', '/api/jobs', '/metrics'])
      expect(await from(url, 'rebound.example'), url).toBe(403);
    for (const host of ['localhost:5000', '127.0.0.1:5000', '[::1]:5000'])
      expect(await from('/api/queues', host), host).toBe(200);
    expect(await from('/', 'rebound.example')).toBe(200);
  });
});
