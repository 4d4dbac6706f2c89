import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobCount, type ProducerUnderTest, postForm, producer, tokenOf } from '../../support/producer-under-test.ts';

let test: ProducerUnderTest;
beforeEach(async () => {
  test = await producer();
});
afterEach(() => test.close());

const page = async (url = '/'): Promise<string> => (await test.app.inject(url)).body;

describe('the form', () => {
  it('offers every type as a link, so that choosing works without a script', async () => {
    const body = await page();
    for (const type of ['sleep', 'primes', 'everything']) expect(body).toContain(`href="/?type=${type}"`);
    expect(await page('/?type=primes')).toMatch(
      /<input type="number"[^>]* id="f-upTo"[^>]* min="2" max="1000000000" value="5000000"/,
    );
    expect((await test.app.inject('/?type=constructor')).statusCode).toBe(200);
  });

  it('makes a control for every kind of field', async () => {
    const body = await page('/?type=everything');
    expect(body).toMatch(/<input type="text" id="f-text" name="text" required/);
    expect(body).toMatch(/<textarea [^>]*name="story"/);
    expect(body).toMatch(/<input type="number" inputmode="numeric" step="1" id="f-count"[^>]* min="1" max="9"/);
    expect(body).toMatch(/<input type="number" inputmode="decimal" step="any" id="f-ratio"[^>]* value="0.5"/);
    expect(body).toMatch(/<input type="checkbox" id="f-isLoud"/);
    expect(body).toMatch(/<select id="f-colour"[^>]*><option value=""><\/option><option>red<\/option>/);
    expect(body).toMatch(/name="payload.priority"/);
    expect(body).toMatch(/<textarea [^>]*name="list"/);
  });

  it('is kept by no cache, since its token stands for one submit', async () => {
    const answer = await test.app.inject('/');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(tokenOf(answer.body)).not.toBe(tokenOf(await page()));
  });

  it('sends what the schema means, not only texts', async () => {
    const fields = {
      type: 'everything',
      text: 'a\r\nb',
      count: '3',
      isLoud: 'on',
      colour: 'red',
      'payload.priority': '7',
      list: '[1,2]',
      story: 'x\r\ny',
    };
    const answer = await test.app.inject(postForm(fields));
    expect(answer.statusCode).toBe(303);
    const job = (await test.app.inject(`/api${answer.headers.location}`)).json();
    expect(job.payload).toEqual({
      text: 'a\r\nb',
      story: 'x\ny',
      count: 3,
      isLoud: true,
      colour: 'red',
      priority: 7,
      list: [1, 2],
    });
    expect(job.priority).toBe('normal');
  });

  it('shows every fault in its place and keeps what was typed', async () => {
    const answer = await test.app.inject(postForm({ type: 'sleep', seconds: '9<9', copies: '1001' }));
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain('value="9&lt;9"');
    expect(answer.body).toMatch(/id="e-seconds">Seconds must be a number/);
    expect(answer.body).toMatch(/id="e-copies">Copies must be a whole number from 1 to 1000/);
    expect(answer.body).toMatch(/aria-describedby="h-seconds e-seconds" aria-invalid="true"/);
    expect(await jobCount(test.app)).toBe(0);
  });

  it('makes one job of a double click or a reload', async () => {
    const fields = { type: 'sleep', seconds: '1', copies: '1', token: tokenOf(await page()) };
    const [first, second] = await Promise.all([test.app.inject(postForm(fields)), test.app.inject(postForm(fields))]);
    const third = await test.app.inject(postForm(fields));
    expect([first.statusCode, second.statusCode, third.statusCode]).toEqual([303, 303, 303]);
    expect(new Set([first.headers.location, second.headers.location, third.headers.location]).size).toBe(1);
    expect(await jobCount(test.app)).toBe(1);
  });

  it.each([
    ['a value', { seconds: '2' }],
    ['the number of copies', { copies: '3' }],
  ])(
    'shows itself again, values kept and with a fresh token, when a used token comes with other values: %s',
    async (_what, other) => {
      const fields = { type: 'sleep', seconds: '1', copies: '1', token: tokenOf(await page()) };
      await test.app.inject(postForm(fields));
      const answer = await test.app.inject(postForm({ ...fields, ...other }));
      expect(answer.statusCode).toBe(422);
      expect(answer.body).toContain('sent before, with other values');
      for (const value of Object.values(other)) expect(answer.body).toContain(`value="${value}"`);
      expect(tokenOf(answer.body)).not.toBe(fields.token);
      expect(await jobCount(test.app)).toBe(1);
      expect((await test.app.inject(postForm({ ...fields, ...other, token: tokenOf(answer.body) }))).statusCode).toBe(
        303,
      );
    },
  );

  it('makes as many copies as asked for, once, and shows them together', async () => {
    const fields = { type: 'sleep', seconds: '1', copies: '300', token: tokenOf(await page()) };
    const answer = await test.app.inject(postForm(fields));
    expect(answer.headers.location).toMatch(/^\/jobs\/batch\/[\w-]{22}-300$/);
    expect((await test.app.inject(postForm(fields))).headers.location).toBe(answer.headers.location);
    expect(await jobCount(test.app)).toBe(300);
    const batch = await page(String(answer.headers.location));
    expect(batch).toContain('0 of 300 jobs ended');
    expect(batch.match(/class="cell state-waiting"/g)).toHaveLength(300);
  });

  it('works on an engine without ids of our choice: one replica, one job a token', async () => {
    const plain = await producer({}, (engine) => ({
      engine: { ...engine, promises: { ...engine.promises, idempotentSubmit: false } },
    }));
    const fields = { type: 'sleep', seconds: '1', copies: '5', token: tokenOf((await plain.app.inject('/')).body) };
    const [first, second] = await Promise.all([plain.app.inject(postForm(fields)), plain.app.inject(postForm(fields))]);
    expect(first.headers.location).toBe(second.headers.location);
    expect(await jobCount(plain.app)).toBe(5);
    expect((await plain.app.inject(String(first.headers.location))).body).toContain('0 of 5 jobs ended');
    expect((await plain.app.inject(postForm({ ...fields, seconds: '2' }))).statusCode).toBe(422);
    expect(await jobCount(plain.app)).toBe(5);
    await plain.close();
  });

  it('takes forms of its own site alone', async () => {
    const fields = { type: 'sleep', seconds: '1' };
    const from = async (headers: Record<string, string>) =>
      (await test.app.inject(postForm(fields, headers))).statusCode;
    expect(await from({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await from({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await from({ origin: 'http://evil.example', host: 'localhost' })).toBe(403);
    expect(await from({ origin: 'null', host: 'localhost' })).toBe(403);
    expect(await jobCount(test.app)).toBe(0);
    expect(await from({ 'sec-fetch-site': 'same-origin' })).toBe(303);
    expect(await from({ origin: 'http://localhost', host: 'localhost' })).toBe(303);
    expect(await from({})).toBe(303);
  });

  it('still shows itself when the queue cannot be read', async () => {
    const dark = await producer({}, (engine) => ({
      inspector: Object.assign(engine.inspector(), { queue: () => Promise.reject(new Error('away')) }),
    }));
    const answer = await dark.app.inject('/');
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('Redis does not answer just now');
    await dark.close();
  });
});
