import { duration, short } from '@prodwork/producer/views/format';
import { html } from '@prodwork/producer/views/html';
import { receipt } from '@prodwork/producer/views/receipt';
import type { Job } from 'prodwork/job/job';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ProducerUnderTest, post, producer } from '../../support/producer-under-test.ts';

let test: ProducerUnderTest;
beforeEach(async () => {
  test = await producer();
});
afterEach(() => test.close());

const evil = `<img src=x onerror=alert(1)>"'\`</script><script>alert(2)</script>javascript:alert(3)\u202e`;
const job: Job = {
  id: 'default.0.aaaaaaaaaaaaaaaaaaaaaa',
  type: 'sleep',
  queue: 'default',
  state: 'dead',
  payload: { note: evil },
  result: { note: evil },
  error: { code: evil, message: evil },
  priority: 'normal',
  attempts: 1,
  maxAttempts: 3,
  generation: 1,
  createdAt: 0,
  finishedAt: 1,
  progress: evil,
  deliveries: [
    { number: 1, attempt: 1, worker: evil, fence: 1, startedAt: 0, endedAt: 1, outcome: 'failed', cause: evil },
  ],
};

describe('pages', () => {
  it('show text from anybody as text', () => {
    const page = receipt(job, 10).text;
    expect(page.match(/&lt;img src=x onerror=alert\(1\)&gt;/g)?.length).toBeGreaterThanOrEqual(6);
    expect(page).not.toMatch(/<(img|script)/);
    expect(page).not.toContain('\u202e');
    expect(html`<a title="${evil}">`.text).toMatch(/^<a title="[^"<>]*">$/);
  });

  it('refresh by themselves without a script until the job has ended', async () => {
    const { id } = (await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }))).json();
    expect((await test.app.inject(`/jobs/${id}`)).body).toContain(
      '<noscript><meta http-equiv="refresh" content="2"></noscript>',
    );
    await test.app.inject({ method: 'POST', url: `/api/jobs/${id}/cancel` });
    expect((await test.app.inject(`/jobs/${id}`)).body).not.toContain('http-equiv');
  });

  it('hold no script and no style of their own', async () => {
    for (const url of ['/', '/?type=everything', '/docs', '/jobs/nothing']) {
      const { body, headers } = await test.app.inject({ url, headers: { accept: 'text/html' } });
      expect(body).not.toMatch(/<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });

  it('name the replica that served them and the request', async () => {
    const answer = await test.app.inject({ url: '/', headers: { 'x-request-id': 'trace-0001' } });
    expect(answer.headers['x-prodwork-replica']).toBe('replica-1');
    expect(answer.headers['x-request-id']).toBe('trace-0001');
    expect(answer.body).toContain('served by <code>replica-1</code>');
    const odd = await test.app.inject({ url: '/', headers: { 'x-request-id': 'a b' } });
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answer people with a page and programs with a problem', async () => {
    const people = await test.app.inject({ url: '/nowhere', headers: { accept: 'text/html,*/*' } });
    expect([people.statusCode, people.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    const program = await test.app.inject('/nowhere');
    expect(program.json().code).toBe('NOT_FOUND');
    const wrong = await test.app.inject({ method: 'PUT', url: '/api/jobs' });
    expect([wrong.statusCode, wrong.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
    const head = await test.app.inject({ method: 'HEAD', url: '/' });
    expect([head.statusCode, head.body]).toEqual([200, '']);
  });

  it('serve their parts from here', async () => {
    for (const name of ['style.css', 'page.js', 'live.js', 'live-worker.js', 'morph.js', 'favicon.svg']) {
      expect((await test.app.inject(`/public/${name}`)).statusCode, name).toBe(200);
    }
    for (const url of ['/public/', '/public/../app.ts', '/public/%2e%2e/app.ts', '/public/..%2fapp.ts']) {
      expect((await test.app.inject(url)).statusCode, url).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('words for numbers', () => {
  it('are as exact as they need to be', () => {
    expect([0, 80, 999, 4_210, 60_000, 200_000, 7_500_000, 273_600_000].map(duration)).toEqual([
      '0 ms',
      '80 ms',
      '999 ms',
      '4.2 s',
      '1 min',
      '3 min 20 s',
      '2 h 5 min',
      '3 d 4 h',
    ]);
    expect([0, 9_999, 12_345, 123_456, 4_500_000].map(short)).toEqual(['0', '9,999', '12.3k', '123k', '4.5M']);
  });
});

describe('OpenAPI', () => {
  it('is 3.1, and describes every route of the API with its job types', async () => {
    const document = (await test.app.inject('/openapi.json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/jobs',
        '/api/jobs/{id}',
        '/api/jobs/bulk',
        '/api/jobs/{id}/cancel',
        '/api/queues',
        '/events',
      ]),
    );
    const types = document.components.schemas.NewJob.anyOf.map(
      (shape: { properties: { type: { enum: string[] } } }) => shape.properties.type.enum[0],
    );
    expect(types).toEqual(['sleep', 'primes', 'everything', 'anything']);
    const references = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? [];
    for (const reference of new Set(references)) {
      const name = /#\/components\/schemas\/(\w+)"$/.exec(reference)?.[1];
      expect(document.components.schemas, reference).toHaveProperty(String(name));
    }
    const ids = Object.values<Record<string, { operationId?: string }>>(document.paths).flatMap((path) =>
      Object.values(path).map((operation) => operation.operationId),
    );
    expect(new Set(ids.filter(Boolean)).size).toBe(ids.filter(Boolean).length);
  });

  it('is shown on a page with every operation and every code', async () => {
    const page = (await test.app.inject('/docs')).body;
    for (const text of ['id="submitJob"', 'id="follow"', 'id="QUEUE_FULL"', '/api/queues/{name}/pause'])
      expect(page).toContain(text);
  });
});
