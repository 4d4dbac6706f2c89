import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobCount, jsonOf, type ProducerUnderTest, post, producer } from '../../support/producer-under-test.ts';

let test: ProducerUnderTest;
let base: string;
beforeEach(async () => {
  test = await producer();
  base = await test.listen();
});
afterEach(async () => {
  // Whatever was tried: nothing is stored, nothing of the language has changed, and the next good request works.
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect((await fetch(`${base}/api/jobs`, { ...good(), method: 'POST' })).status).toBe(202);
  expect(await jobCount(test.app)).toBe(allowed + 1);
  allowed = 0;
  await test.close();
});

interface Problem {
  readonly detail: string;
  readonly rule: string;
}

/** Jobs that a test stored on purpose. */
let allowed = 0;
const json = { 'content-type': 'application/json' };
const good = () => ({ headers: json, body: JSON.stringify({ type: 'sleep', payload: { seconds: 1 } }) });
const problem = async (
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = json,
  path = '/api/jobs',
) => {
  const answer = await fetch(base + path, { method: 'POST', headers, body });
  return { status: answer.status, ...(await jsonOf<Problem>(answer)) };
};

/** Sends without a length until the server answers or hangs up; tells how much it took. */
function pour(path: string, type: string, chunk: string, chunks: number): Promise<{ status: number; sent: number }> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let status = 0;
    const call = request(base + path, { method: 'POST', headers: { 'content-type': type } });
    call.on('response', (response) => {
      status = response.statusCode ?? 0;
      response.resume();
      resolve({ status, sent });
    });
    call.on('error', (error) => (status > 0 ? undefined : reject(error)));
    const more = (): void => {
      while (sent < chunks && !call.destroyed && status === 0) {
        sent += 1;
        if (!call.write(chunk)) {
          call.once('drain', more);
          return;
        }
      }
      if (sent >= chunks) call.end();
    };
    more();
  });
}

describe('A01: bodies that are too large', () => {
  it.each([
    ['/api/jobs', 'application/json', 4],
    ['/jobs', 'application/x-www-form-urlencoded', 4],
    ['/api/jobs/bulk', 'application/x-ndjson', 70],
  ])('are cut at %s without a length, and not read to their end', async (path, type, mebibytes) => {
    const answer = await pour(path, type, 'x'.repeat(1024 * 1024), mebibytes);
    expect(answer.status).toBe(413);
  });

  it('are refused by their length before a byte of them is read', async () => {
    const answer = await new Promise<number>((resolve, reject) => {
      const call = request(`${base}/api/jobs`, { method: 'POST', headers: { ...json, 'content-length': 10 ** 12 } });
      call.on('response', (response) => resolve(response.statusCode ?? 0)).on('error', reject);
      call.flushHeaders();
    });
    expect(answer).toBe(413);
  });

  it('are not unpacked: a gzip bomb is 415', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024, 0x20));
    const refused = await problem(bomb, { ...json, 'content-encoding': 'gzip' });
    expect(refused).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE', field: 'Content-Encoding' });
  });

  it('are named when it is the payload that is too large', async () => {
    const refused = await problem(JSON.stringify({ type: 'anything', payload: { value: 'x'.repeat(262_144) } }));
    expect(refused).toMatchObject({
      status: 413,
      code: 'BODY_TOO_LARGE',
      field: 'payload',
      rule: 'at most 262144 bytes as JSON',
    });
  });
});

describe('A03: broken JSON', () => {
  it.each([
    ['cut short', '{"type":"sleep","payload":{', /position 27/],
    ['a raw NUL', '{"type":"sl\u0000eep"}', /position 11/],
    ['depth 10,000', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, /at most 32 levels/],
    ['100,000 keys', `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":0`).join()}}`, /at most 10000 keys/],
    ['nothing', '', /body|position 0/],
  ])('is refused with its place: %s', async (_what, body, detail) => {
    const refused = await problem(body);
    expect(refused).toMatchObject({ status: 400, code: 'INVALID_BODY' });
    expect(refused.detail).toMatch(detail);
  });

  it('is refused when it is not UTF-8', async () => {
    const refused = await problem(Buffer.from('{"type":"sl\xffeep"}', 'latin1'));
    expect(refused).toMatchObject({ status: 400, code: 'INVALID_BODY', rule: 'UTF-8' });
    expect(refused.detail).toContain('position 11');
  });
});

describe('A04: prototypes', () => {
  it.each([
    '{"__proto__":{"polluted":1},"type":"sleep","payload":{"seconds":1}}',
    '{"type":"anything","payload":{"value":{"__proto__":{"polluted":1}}}}',
    '{"type":"anything","payload":{"value":{"constructor":{"prototype":{"polluted":1}}}}}',
    '{"type":"anything","payload":{"value":{"\\u005f_proto__":1}}}',
  ])('are not reached by %s', async (body) => {
    expect(await problem(body)).toMatchObject({ status: 400, code: 'INVALID_BODY' });
  });

  it('are not reached by forms either', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const answer = await fetch(`${base}/jobs`, {
      method: 'POST',
      headers: form,
      body: '__proto__[a]=1&type=constructor&seconds=1',
    });
    expect(answer.status).toBe(400);
    expect((await jsonOf(answer)).code).toBe('UNKNOWN_TYPE');
  });
});

describe('A05: odd content types', () => {
  it.each([
    'application/json\t',
    'text/plain',
    'application/jsonx',
    'application/json; charset=utf-16',
    'application/json, text/plain',
    'application/json;x',
    'APPLICATION/JSON/x',
    'multipart/form-data; boundary=x',
    '*/*',
  ])('are refused, so that no body goes unchecked: %j', async (type) => {
    // Written by hand: clients would tidy the header.
    const answer = await test.app.inject({
      ...post('{"type":"sleep","payload":{"seconds":"not a number"}}'),
      headers: { 'content-type': type },
    });
    expect(answer.statusCode).toBe(415);
  });

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'Application/JSON',
  ])('lead to the schema when they are accepted: %j', async (type) => {
    const answer = await test.app.inject({
      ...post('{"type":"sleep","payload":{"seconds":"not a number"}}'),
      headers: { 'content-type': type },
    });
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'INVALID_PAYLOAD']);
  });

  it('are refused when there is none', async () => {
    const answer = await test.app.inject({
      method: 'POST',
      url: '/api/jobs',
      payload: Buffer.from('{"type":"sleep"}'),
    });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode).toBeLessThan(500);
  });
});

describe('A09, A11, A16: names and bounds', () => {
  it.each([
    [{ queue: '*' }, 'queue'],
    [{ queue: 'a:b' }, 'queue'],
    [{ queue: '{x}' }, 'queue'],
    [{ queue: '../' }, 'queue'],
    [{ queue: 'q'.repeat(10_240) }, 'queue'],
    [{ queue: '' }, 'queue'],
    [{ delayMs: -1 }, 'delayMs'],
    [{ delayMs: 1e18 }, 'delayMs'],
    [{ maxAttempts: 1e9 }, 'maxAttempts'],
    [{ priority: Number.NaN }, 'priority'],
    [{ id: 'x'.repeat(65_536) }, 'id'],
    [{ id: 'a\r\nb' }, 'id'],
    [{ id: '\u001b[31mred' }, 'id'],
    [{ id: 'a\u202eb' }, 'id'],
  ])('outside their rule are refused by it: %.60j', async (over, field) => {
    const refused = await problem(JSON.stringify({ type: 'sleep', payload: { seconds: 1 }, ...over }));
    expect(refused).toMatchObject({ status: 400, code: 'INVALID_FIELD', field });
    expect(refused.rule.length).toBeGreaterThan(5);
    expect(JSON.stringify(refused).length).toBeLessThan(2_000);
  });

  it.each(['*', 'a%3Ab', '%7Bx%7D', '..%2F', 'x'.repeat(199)])('in a path are refused as well: %.30s', async (name) => {
    const answer = await fetch(`${base}/api/queues/${name}/pause`, { method: 'POST' });
    expect(answer.status).toBe(400);
    expect((await jsonOf(answer)).rule).toContain('must match');
  });

  it.each(['constructor', '__proto__', '../../x', 'x'.repeat(1024 * 1024)])(
    'import nothing: type %.20s',
    async (type) => {
      expect(await problem(JSON.stringify({ type, payload: {} }))).toMatchObject({ status: 400, code: 'UNKNOWN_TYPE' });
    },
  );
});

describe('A10: what looks like Redis or Lua', () => {
  it('is stored and given back as it was', async () => {
    const value = [
      '*1\r\n$8\r\nFLUSHALL\r\n',
      "');redis.call('flushall')--",
      '\u0000\u001f\u2028\ud83d\ude00',
      '{x}:lane',
      '%00%0d%0a',
    ];
    const made = await fetch(`${base}/api/jobs`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ type: 'anything', payload: { value } }),
    });
    allowed = 1;
    const { id } = await jsonOf(made);
    expect(
      (await jsonOf<{ payload: { value: unknown } }>(await fetch(`${base}/api/jobs/${id}`))).payload.value,
    ).toEqual(value);
  });
});

describe('A18: one key', () => {
  it('with a hundred calls at once is one job', async () => {
    const headers = { ...json, 'idempotency-key': 'one' };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => fetch(`${base}/api/jobs`, { method: 'POST', ...good(), headers })),
    );
    allowed = 1;
    const codes = answers.map((answer) => answer.status).sort();
    expect(codes.filter((code) => code === 202)).toHaveLength(1);
    expect(codes.filter((code) => code === 200)).toHaveLength(99);
    const ids = await Promise.all(answers.map(async (answer) => (await jsonOf(answer)).id));
    expect(new Set(ids).size).toBe(1);
  });

  it('with another body is refused, and the first job stays as it was', async () => {
    const headers = { ...json, 'idempotency-key': 'one' };
    const send = (seconds: number) => problem(JSON.stringify({ type: 'sleep', payload: { seconds } }), headers);
    expect(await send(1)).toMatchObject({ status: 202, payload: { seconds: 1 } });
    allowed = 1;
    expect(await send(2)).toMatchObject({ status: 422, code: 'IDEMPOTENCY_CONFLICT', field: 'Idempotency-Key' });
    expect(await send(1)).toMatchObject({ status: 200, payload: { seconds: 1 } });
  });
});
