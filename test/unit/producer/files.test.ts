import { ProdworkClient } from 'prodwork/client';
import { csvReport } from 'prodwork/jobs/csv-report';
import { thumbnail } from 'prodwork/jobs/thumbnail';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  consumerContext,
  type ProducerUnderTest,
  post,
  producer,
  tokenLine,
  tokenOf,
  tokensFile,
} from '../../support/producer-under-test.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const PNG = Buffer.from('\x89PNG\r\n\x1a\n0123456789', 'latin1');
let made: ProducerUnderTest;
const start = (config = {}) => producer(config, () => ({ jobTypes: [thumbnail, csvReport] }));
beforeEach(async () => {
  made = await start();
});
afterEach(() => made.close());

type Part = readonly [name: string, value: string | Buffer, filename?: string];

/** A multipart body as a browser makes it. */
function multipart(parts: readonly Part[]) {
  const edge = '----prodwork-test';
  const chunks = parts.flatMap(([name, value, filename]) => [
    `--${edge}\r\ncontent-disposition: form-data; name="${name}"`,
    ...(filename === undefined
      ? ['\r\n\r\n']
      : [`; filename="${filename}"\r\ncontent-type: application/octet-stream\r\n\r\n`]),
    value,
    '\r\n',
  ]);
  const payload = Buffer.concat([...chunks, `--${edge}--\r\n`].map((chunk) => Buffer.from(chunk)));
  return { headers: { 'content-type': `multipart/form-data; boundary=${edge}` }, payload };
}

const send = (parts: readonly Part[], more: { headers?: Record<string, string> } = {}) => {
  const { headers, payload } = multipart(parts);
  return made.app.inject({ method: 'POST', url: '/api/files', payload, headers: { ...headers, ...more.headers } });
};
const upload = async (name: string, content: string | Buffer): Promise<string> => {
  const answer = await send([['file', content, name]]);
  expect(answer.statusCode).toBe(201);
  return answer.json<{ id: string }>().id;
};
const submitForm = (parts: readonly Part[]) => made.app.inject({ method: 'POST', url: '/jobs', ...multipart(parts) });
const pageOf = async (type: string): Promise<string> => (await made.app.inject(`/?type=${type}`)).body;

/** A job of a type, with its result as a worker would give it. */
async function finished(type: string, payload: unknown, result: unknown): Promise<string> {
  const answer = await made.app.inject(post({ type, payload }));
  expect(answer.statusCode).toBe(202);
  const types = [thumbnail, csvReport].map((one) => ({ type: one.type, delivery: one.delivery }));
  const consumer = made.engine.consumer(
    consumerContext(
      {
        onClaims: (claims) => {
          for (const claim of claims)
            setImmediate(() => void consumer.settle(claim, { kind: 'complete', resultJson: JSON.stringify(result) }));
        },
      },
      { types },
    ),
  );
  await consumer.start();
  const { id } = answer.json<{ id: string }>();
  await until('the job is done', async () => (await made.app.inject(`/api/jobs/${id}`)).json().state === 'completed');
  await consumer.stop();
  return id;
}

describe('POST /api/files', () => {
  test('takes a file, and says how a payload names it', async () => {
    const answer = await send([['file', PNG, 'cat.png']]);
    expect(answer.statusCode).toBe(201);
    const id = expect.stringMatching(/^file:[A-Za-z0-9_-]{22}\/cat\.png$/);
    expect(answer.json()).toEqual({ id, name: 'cat.png', bytes: PNG.length, type: 'image/png' });
    const submitted = await made.app.inject(
      post({ type: 'thumbnail', payload: { file: answer.json().id, width: 100 } }),
    );
    expect(submitted.statusCode).toBe(202);
  });

  test('the type is told from the content, whatever its sender claims', async () => {
    expect((await send([['file', '<script>alert(1)</script>', 'cat.png']])).json()).toMatchObject({
      type: 'application/octet-stream',
    });
  });

  test('A01: one byte too many is 413, and nothing of it is kept', async () => {
    expect((await send([['file', Buffer.alloc(10 * MIB), 'a']])).statusCode).toBe(201);
    const refused = await send([['file', Buffer.alloc(10 * MIB + 1), 'a']]);
    expect([refused.statusCode, refused.json().code]).toEqual([413, 'FILE_TOO_LARGE']);
  });

  test('the quota is 503 with a time to try again', async () => {
    await made.close();
    made = await start({ filesBytes: MIB });
    const refused = await send([['file', Buffer.alloc(MIB + 1), 'a']]);
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'FILES_FULL']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  test.each([
    ['a body that is no multipart', { headers: { 'content-type': 'application/json' }, payload: '{}' }, 415],
    ['a boundary that is none', { headers: { 'content-type': 'multipart/form-data' }, payload: 'x' }, 415],
    ['a part without a file', multipart([['file', 'text']]), 400],
    ['no part', multipart([]), 400],
    [
      'a body that ends half-way',
      { ...multipart([['file', PNG, 'a']]), payload: multipart([['file', PNG, 'a']]).payload.subarray(0, -30) },
      400,
    ],
    [
      'too many fields',
      multipart([...Array.from({ length: 40 }, (_, at): Part => [`f${at}`, 'x']), ['file', PNG, 'a']]),
      413,
    ],
  ])('%s is refused', async (_what, body, status) => {
    const refused = await made.app.inject({ method: 'POST', url: '/api/files', ...body });
    expect(refused.statusCode).toBe(status);
    expect(refused.json()).toMatchObject({ status, code: expect.any(String) });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('A04: a field of the prototype is passed over', async () => {
    const parts: readonly Part[] = [
      ['__proto__', 'x'],
      ['constructor', 'x'],
      ['file', PNG, 'a'],
    ];
    expect((await send(parts)).statusCode).toBe(201);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.each([
    ['a name with a path', '..\\\\..\\\\evil.png', 'evil.png'],
    ['a name that turns the direction', 'cat\u202egnp.exe', 'cat_gnp.exe'],
    ['a name with markup', '<b onclick=x>.png', '_b onclick_x_.png'],
  ])('A08: %s is made safe', async (_what, given, kept) => {
    expect((await send([['file', PNG, given]])).json()).toMatchObject({ name: kept });
  });

  test('A08: a name of 64 KiB is refused by rule', async () => {
    const refused = await send([['file', PNG, 'x'.repeat(65_536)]]);
    expect(refused.statusCode).toBe(400);
    expect((await send([['file', PNG, 'x'.repeat(256)]])).json()).toMatchObject({
      field: 'filename',
      code: 'INVALID_FIELD',
    });
  });

  test('is refused from another site, and where no address takes files', async () => {
    expect((await send([['file', PNG, 'a']], { headers: { 'sec-fetch-site': 'cross-site' } })).statusCode).toBe(403);
    const elsewhere = await made.app.inject({ method: 'POST', url: '/api/jobs', ...multipart([['file', PNG, 'a']]) });
    expect(elsewhere.statusCode).toBe(415);
  });

  test('wants a token that may submit, where tokens are in force', async () => {
    const tokens = tokensFile([tokenLine('reader', 'read', 'r-token'), tokenLine('sender', 'submit', 's-token')]);
    await made.close();
    made = await start({ tokensFile: tokens.path });
    const as = async (token: string) =>
      (await send([['file', PNG, 'a']], { headers: { authorization: `Bearer ${token}` } })).statusCode;
    expect([(await send([['file', PNG, 'a']])).statusCode, await as('r-token'), await as('s-token')]).toEqual([
      401, 403, 201,
    ]);
    tokens.remove();
  });

  test('is in the OpenAPI document, with its errors', async () => {
    const document = (await made.app.inject('/openapi.json')).json();
    const { requestBody, responses } = document.paths['/api/files'].post;
    expect(requestBody.content['multipart/form-data'].schema.properties.file).toEqual({
      type: 'string',
      format: 'binary',
    });
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['201', '413', '503']));
  });
});

describe('the client', () => {
  test('uploads a file, and submits a job with it', async () => {
    const client = new ProdworkClient({ url: await made.listen() });
    const file = await client.upload('cat.png', Uint8Array.from(PNG));
    expect(file).toMatchObject({ name: 'cat.png', bytes: PNG.length, type: 'image/png' });
    expect((await client.submit(thumbnail, { file: file.id, width: 100 })).state).toBe('waiting');
    await expect(client.upload('large', 'x'.repeat(10 * MIB + 1))).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });
});

describe('a payload that names a file', () => {
  test.each(['file:abcdefghijklmnopqrstuv/cat.png', 'cat.png', '../cat.png', 7, { id: 1 }])(
    '%j, which is none, is refused',
    async (file) => {
      const refused = await made.app.inject(post({ type: 'thumbnail', payload: { file, width: 100 } }));
      expect([refused.statusCode, refused.json()]).toEqual([
        400,
        expect.objectContaining({ code: 'INVALID_PAYLOAD', field: 'payload.file' }),
      ]);
    },
  );

  test('is refused line by line in bulk', async () => {
    const file = await upload('a.csv', 'a\n1');
    const jobs = [
      { type: 'csv-report', payload: { file } },
      { type: 'csv-report', payload: { file: `${file}x` } },
    ];
    const answer = await made.app.inject({
      method: 'POST',
      url: '/api/jobs/bulk',
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify(jobs),
    });
    expect(answer.json().results).toMatchObject([
      { line: 1, job: {} },
      { line: 2, error: { code: 'INVALID_PAYLOAD' } },
    ]);
  });
});

describe('the form', () => {
  const token = async () => tokenOf(await pageOf('thumbnail'));

  test('sends files as multipart only where a type has one', async () => {
    expect(await pageOf('thumbnail')).toMatch(
      /<form [^>]*enctype="multipart\/form-data"[\s\S]*type="file" id="f-file" name="file" required/,
    );
    expect(await pageOf('thumbnail')).toContain('accept="image/jpeg,image/png');
  });

  test('a file becomes part of the payload, and the same page sent twice is one job', async () => {
    const parts: readonly Part[] = [
      ['token', await token()],
      ['type', 'thumbnail'],
      ['file', PNG, 'cat.png'],
      ['width', '100'],
      ['copies', '1'],
    ];
    const [first, second] = [await submitForm(parts), await submitForm(parts)];
    expect([first.statusCode, second.statusCode]).toEqual([303, 303]);
    expect(second.headers.location).toBe(first.headers.location);
    const { jobs } = (await made.app.inject('/api/jobs')).json();
    expect(jobs).toHaveLength(1);
    expect(jobs[0].payload).toEqual({ file: expect.stringMatching(/\/cat\.png$/), width: 100 });
  });

  test('a page that was used with another file says so', async () => {
    const parts = (content: string, page: string): readonly Part[] => [
      ['token', page],
      ['type', 'csv-report'],
      ['file', content, 'a.csv'],
      ['text', ''],
      ['copies', '1'],
    ];
    const page = await token();
    expect((await submitForm(parts('a\n1', page))).statusCode).toBe(303);
    expect((await submitForm(parts('a\n2', page))).statusCode).toBe(422);
  });

  test('with another fault it keeps the file that came along, and the next try uses it', async () => {
    const refused = await submitForm([
      ['token', await token()],
      ['type', 'thumbnail'],
      ['file', PNG, 'cat.png'],
      ['width', '9'],
      ['copies', '1'],
    ]);
    expect(refused.statusCode).toBe(400);
    const kept = /name="file\.kept" value="([^"]+)"/.exec(refused.body)?.[1] ?? '';
    expect(kept).toMatch(/^file:.*\/cat\.png$/);
    expect(refused.body).toContain('<strong>cat.png</strong> is stored already');
    expect(refused.body).not.toMatch(/type="file"[^>]* required/);
    // A file input that was left empty is sent as a file without a name.
    const again = await submitForm([
      ['token', tokenOf(refused.body)],
      ['type', 'thumbnail'],
      ['file', '', ''],
      ['file.kept', kept],
      ['width', '90'],
      ['copies', '1'],
    ]);
    expect(again.statusCode).toBe(303);
    expect((await made.app.inject('/api/jobs')).json().jobs[0].payload).toEqual({ file: kept, width: 90 });
  });

  test('a file that is too large is named at its field, and the other values are kept', async () => {
    const refused = await submitForm([
      ['token', await token()],
      ['type', 'thumbnail'],
      ['file', Buffer.alloc(11 * MIB), 'cat.png'],
      ['width', '123'],
      ['copies', '1'],
    ]);
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain('Picture at most 10 MiB');
    expect(refused.body).toMatch(/name="width"[^>]*value="123"/);
    expect((await made.app.inject('/api/jobs')).json().jobs).toEqual([]);
  });

  test('no file where one is needed is named at its field', async () => {
    const refused = await submitForm([
      ['token', await token()],
      ['type', 'thumbnail'],
      ['file', '', ''],
      ['width', '90'],
      ['copies', '1'],
    ]);
    expect(refused.statusCode).toBe(400);
    expect(refused.body).toContain('Picture is required');
  });

  test('a report without file and text says what is missing', async () => {
    const refused = await submitForm([
      ['token', await token()],
      ['type', 'csv-report'],
      ['file', '', ''],
      ['text', ''],
      ['copies', '1'],
    ]);
    expect(refused.body).toContain('needs one of its fields');
  });
});

describe('GET /jobs/:id/files/:name', () => {
  const get = (id: string, name: string, headers = {}) =>
    made.app.inject({ url: `/jobs/${id}/files/${encodeURIComponent(name)}`, headers });

  test('gives the upload and the result back, sandboxed, and nothing else', async () => {
    const file = await upload('cat.png', PNG);
    const picture = await upload('cat-100.webp', Buffer.from('RIFF0000WEBPVP8 ', 'latin1'));
    const stranger = await upload('other.png', PNG);
    const id = await finished('thumbnail', { file, width: 100 }, { picture, width: 100 });
    const [given, back] = [await get(id, 'cat.png'), await get(id, 'cat-100.webp')];
    expect(given.rawPayload.equals(PNG)).toBe(true);
    expect(back.headers).toMatchObject({
      'content-type': 'image/webp',
      'content-length': '16',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'content-disposition': `inline; filename="cat-100.webp"; filename*=UTF-8''cat-100.webp`,
    });
    expect((await get(id, 'cat.png', { 'if-none-match': given.headers.etag })).statusCode).toBe(304);
    const refused = await get(id, 'other.png');
    expect([refused.statusCode, refused.json().code]).toEqual([404, 'FILE_NOT_FOUND']);
    expect(stranger).toContain('other.png');
  });

  test.each([
    ['cat.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 'image/svg+xml'],
    ['cat.html', '<script>alert(1)</script>', 'application/octet-stream'],
    ['cat.png', '<script>alert(1)</script>', 'application/octet-stream'],
    ['Übersicht "2".csv', 'a\n1', 'text/csv; charset=utf-8'],
  ])('A07: %s is saved, never opened', async (name, content, type) => {
    const file = await upload(name.replaceAll('"', '%22'), content);
    const kept = file.slice(file.indexOf('/') + 1);
    const id = await finished('csv-report', { file }, { rows: 1 });
    const { headers, statusCode } = await get(id, kept);
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toBe(type);
    expect(headers['content-disposition']).toMatch(
      /^attachment; filename="[ -~]+"; filename\*=UTF-8''[A-Za-z0-9%._~-]+$/,
    );
    expect(headers['content-security-policy']).toContain('sandbox');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('a receipt shows the picture of a result, and links its files', async () => {
    const file = await upload('a.csv', 'a\n1');
    const chart = await upload('chart.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
    const columns = [
      { name: 'a', filled: 1 },
      { name: '<b>', filled: 0, commonest: 'x' },
    ];
    const id = await finished('csv-report', { file }, { rows: 1, chart, columns });
    const page = (await made.app.inject(`/jobs/${id}`)).body;
    expect(page).toContain(`<img src="/jobs/${id}/files/chart.svg" alt="chart.svg">`);
    expect(page).toContain(`<a href="/jobs/${id}/files/a.csv">a.csv</a>`);
    expect(page).toContain('<td>&lt;b&gt;</td>');
  });

  test('the longest name that is kept is found', async () => {
    const file = await upload(`${'ü'.repeat(240)}.csv`, 'a\n1');
    const id = await finished('csv-report', { file }, {});
    expect((await get(id, file.slice(file.indexOf('/') + 1))).statusCode).toBe(200);
  });

  test('an operator sees the files of any job, with a session', async () => {
    expect((await made.app.inject('/dashboard/jobs/order-1/files/cat.png')).statusCode).toBe(401);
    const file = await upload('cat.png', PNG);
    await made.app.inject(post({ type: 'thumbnail', id: 'order-1', payload: { file, width: 100 } }));
    const { path } = (await made.app.inject({ method: 'POST', url: '/api/sign-in' })).json<{ path: string }>();
    const opened = await made.app.inject({
      method: 'POST',
      url: '/dashboard/sign-in',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: path.slice(path.indexOf('?') + 1),
    });
    const cookie = String(opened.headers['set-cookie']).split(';', 1)[0] ?? '';
    const given = await made.app.inject({ url: '/dashboard/jobs/order-1/files/cat.png', headers: { cookie } });
    expect(given.rawPayload.equals(PNG)).toBe(true);
  });

  test('wants a token for a job whose id can be guessed, where tokens are in force', async () => {
    const tokens = tokensFile([tokenLine('sender', 'submit', 's-token')]);
    await made.close();
    made = await start({ tokensFile: tokens.path });
    expect((await get('order-1', 'cat.png')).statusCode).toBe(401);
    tokens.remove();
  });
});
