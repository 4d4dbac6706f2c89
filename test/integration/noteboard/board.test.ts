import { buildApp } from '@prodwork/noteboard/app';
import { noteboardSchema } from '@prodwork/noteboard/notes/schema';
import { createLog } from 'prodwork/log';
import { bootPostgres, type PostgresBoot } from 'prodwork/postgres/boot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { until } from '../../support/until.ts';

type App = Awaited<ReturnType<typeof buildApp>>;
const log = createLog({ name: 'test', level: 'silent', format: 'json' });
const form = (values: Record<string, string>) => ({
  method: 'POST' as const,
  url: '/',
  headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
  payload: new URLSearchParams(values).toString(),
});

describe.skipIf(postgresBin() === undefined)('the noteboard', () => {
  let server: PostgresServer;
  let boot: PostgresBoot;
  let app: App;
  const post = (payload: unknown, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/notes',
      headers: { 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(payload),
    });

  beforeAll(async () => {
    server = await startPostgres();
    boot = bootPostgres({ url: await server.create('board'), name: 'board test', schema: noteboardSchema, log });
    app = await buildApp({ boot, log });
    await boot.start();
    await until('ready', async () => (await boot.health()).isReady);
  });
  beforeEach(() => boot.postgres.query('truncate notes'));
  afterAll(async () => {
    await app?.close();
    await boot?.stop();
    await server?.stop();
  });

  it('takes a name and a message, and shows all notes, newest first', async () => {
    const first = await post({ name: 'Ada', message: 'one' });
    expect(first.statusCode).toBe(201);
    expect(first.json()).toMatchObject({ name: 'Ada', message: 'one' });
    await post({ name: 'Bob', message: 'two' });
    const { notes } = (await app.inject('/notes')).json();
    expect(notes.map((note: { message: string }) => note.message)).toEqual(['two', 'one']);
  });

  it('pages through all notes without missing or repeating one', async () => {
    await boot.postgres.query("insert into notes (name, message) select 'n', 'm' || i from generate_series(1, 120) i");
    const seen: string[] = [];
    for (let url: string | undefined = '/api/notes?limit=50'; url; ) {
      const { notes, cursor }: { notes: { message: string }[]; cursor?: number } = (await app.inject(url)).json();
      seen.push(...notes.map((note) => note.message));
      url = cursor === undefined ? undefined : `/api/notes?limit=50&before=${cursor}`;
    }
    expect(seen).toHaveLength(120);
    expect(new Set(seen).size).toBe(120);
    const page = await app.inject('/');
    expect(page.body).toContain('rel="next"');
  });

  it.each([
    ['limit=0'],
    ['limit=201'],
    ['limit=1e2'],
    ['before=-1'],
    ['before=99999999999999999999'],
    ['limit=1&limit=2'],
  ])('refuses the query %s with its bounds', async (query) => {
    const answer = await app.inject(`/notes?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'INVALID_FIELD', rule: expect.stringContaining('whole number') });
  });

  it('shows hostile text as text, and allows no script at all', async () => {
    const attack = `"><script>alert(1)</script><img src=x onerror=alert(1)>'; drop table notes; -- </textarea>`;
    await post({ name: attack.slice(0, 80), message: attack });
    const page = await app.inject('/');
    expect(page.body).not.toMatch(/<script|<img|<\/textarea><|onerror=/i);
    expect(page.body).toContain('&#60;script&#62;');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['content-security-policy']).not.toContain('script-src');
    expect((await app.inject('/notes')).json().notes[0].message).toBe(attack);
  });

  it('makes one note of a form that is sent twice, and of a key that is used twice', async () => {
    const token = /name="token" value="([^"]+)"/.exec((await app.inject('/')).body)?.[1] ?? '';
    const twice = await Promise.all([1, 2].map(() => app.inject(form({ name: 'Ada', message: 'once', token }))));
    expect(twice.map((answer) => answer.statusCode)).toEqual([303, 303]);
    const other = await app.inject(form({ name: 'Ada', message: 'changed', token }));
    expect(other.statusCode).toBe(422);
    expect(other.body).toContain('changed');
    const key = { 'idempotency-key': 'k-1' };
    const answers = await Promise.all([1, 2, 3].map(() => post({ name: 'Bob', message: 'keyed' }, key)));
    expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, 200, 201]);
    expect((await post({ name: 'Bob', message: 'other' }, key)).statusCode).toBe(422);
    expect((await app.inject('/notes')).json().notes).toHaveLength(2);
  });

  it('gives a faulty form back with its words and the rule, marked for screen readers', async () => {
    const answer = await app.inject(form({ name: '', message: 'kept <words>' }));
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('kept &#60;words&#62;');
    expect(answer.body).toMatch(/id="name"[^>]*aria-invalid="true"/);
    expect(answer.body).toContain('1 to 80 characters');
  });

  it.each([
    ['a broken body', '{"name":', 'application/json', 400, 'INVALID_BODY'],
    [
      'a body that is too large',
      JSON.stringify({ name: 'a', message: 'x'.repeat(40_000) }),
      'application/json',
      413,
      'BODY_TOO_LARGE',
    ],
    ['a poisoned prototype', '{"name":"a","message":"b","__proto__":{"x":1}}', 'application/json', 400, 'INVALID_BODY'],
    ['JSON that says it is text', '{"name":"a","message":"b"}', 'text/plain', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a message past its length',
      JSON.stringify({ name: 'a', message: 'x'.repeat(2_001) }),
      'application/json',
      400,
      'INVALID_FIELD',
    ],
    ['NUL in a name', '{"name":"a\\u0000","message":"b"}', 'application/json', 400, 'INVALID_FIELD'],
  ])('refuses %s as problem+json with a stable code', async (_what, payload, type, status, code) => {
    const answer = await app.inject({ method: 'POST', url: '/api/notes', headers: { 'content-type': type }, payload });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ code, status });
    expect((await post({ name: 'good', message: 'still works' })).statusCode).toBe(201);
  });

  it('refuses what another site makes a browser send', async () => {
    const foreign = await app.inject({
      ...form({ name: 'a', message: 'b' }),
      headers: { ...form({}).headers, 'sec-fetch-site': 'cross-site' },
    });
    expect(foreign.statusCode).toBe(403);
    const old = await post({ name: 'a', message: 'b' }, { origin: 'https://evil.example' });
    expect(old.statusCode).toBe(403);
    expect((await app.inject('/notes')).json().notes).toEqual([]);
  });

  it('answers 404 as a page to people and as a problem to programs', async () => {
    expect((await app.inject({ url: '/nothing', headers: { accept: 'text/html' } })).body).toContain(
      '<h1>Not found</h1>',
    );
    expect((await app.inject('/api/nothing')).json()).toMatchObject({ code: 'NOT_FOUND' });
  });
});
