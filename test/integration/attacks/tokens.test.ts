import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEventStream } from '../../support/event-stream.ts';
import {
  type ProducerUnderTest,
  post,
  producer,
  type TokensFile,
  tokenLine,
  tokensFile,
} from '../../support/producer-under-test.ts';
import { until } from '../../support/until.ts';

const SECRET = 'a-payload-that-nobody-else-may-see';
let file: TokensFile;
let test: ProducerUnderTest;
let base: string;
beforeAll(async () => {
  file = tokensFile([tokenLine('old', 'operate', 'old-token'), tokenLine('ops', 'operate', 'o-token')]);
  test = await producer({ tokensFile: file.path });
  base = await test.listen();
  const made = post(
    { type: 'anything', payload: { value: SECRET }, id: 'secret' },
    { authorization: 'Bearer o-token' },
  );
  const { method, headers, payload: body } = made;
  expect((await fetch(`${base}/api/jobs`, { method, headers, body })).status).toBe(202);
  // The old token leaves the file: it must stop working without a restart.
  file.write([tokenLine('ops', 'operate', 'o-token')]);
  await until('the old token to be forgotten', async () => (await as('/api/queues', 'old-token')).status === 401);
});
afterAll(async () => {
  await test.close();
  file.remove();
});

const as = (path: string, token: string | undefined, method = 'GET'): Promise<Response> =>
  fetch(base + path, { method, ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }) });

describe('A13: no token, an old one, a wrong one', () => {
  it.each([
    ['GET', '/api/jobs'],
    ['GET', '/api/jobs/secret'],
    ['GET', '/api/jobs/secret/why'],
    ['DELETE', '/api/jobs/secret'],
    ['POST', '/api/jobs/secret/cancel'],
    ['GET', '/api/workers'],
    ['POST', '/api/queues/default/pause'],
    ['POST', '/api/sign-in'],
    ['GET', '/metrics'],
    ['GET', '/jobs/secret'],
    ['GET', '/events?jobs=secret'],
    ['GET', '/dashboard'],
    ['GET', '/dashboard/jobs'],
    ['GET', '/dashboard/jobs/secret'],
    ['POST', '/dashboard/jobs/secret/cancel'],
  ])('say nothing and do nothing: %s %s', async (method, path) => {
    for (const token of [undefined, 'old-token', 'o-toke', 'o-tokenn', 'x'.repeat(512)]) {
      const answer = await as(path, token, method);
      expect([401, 403]).toContain(answer.status);
      const text = await answer.text();
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain('anything');
    }
    const job = await as('/api/jobs/secret', 'o-token');
    expect(await job.json()).toMatchObject({ state: 'waiting', payload: { value: SECRET } });
  });

  it('see counts and workers on the stream, as everybody may, and no id or payload', async () => {
    const stream = await openEventStream(`${base}/events`);
    const event = await stream.next('gauge');
    expect(JSON.stringify(event)).toContain('"waiting":1');
    expect(JSON.stringify(event)).not.toContain('secret');
    stream.close();
  });

  it('a token opens no page of the dashboard: that wants a session', async () => {
    expect((await as('/dashboard', 'o-token')).status).toBe(401);
  });
});
