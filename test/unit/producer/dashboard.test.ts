import { seal, unseal } from '@prodwork/producer/session/seal';
import { LINK_MS, SESSION_MS } from '@prodwork/producer/session/sessions';
import type { Claim } from 'prodwork/engine/consumer';
import type { HistoryFilter } from 'prodwork/engine/history';
import type { Job } from 'prodwork/job/job';
import { heldClock } from 'prodwork/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  consumerContext,
  type ProducerUnderTest,
  post,
  producer,
  type TokensFile,
  tokenLine,
  tokensFile,
} from '../../support/producer-under-test.ts';
import { until } from '../../support/until.ts';

let test: ProducerUnderTest;
let clock: ReturnType<typeof heldClock>;
let asked: HistoryFilter[] = [];
let stored: Job[] = [];
const open = (config = {}) =>
  producer(config, () => ({
    clock,
    history: {
      find: async () => undefined,
      async search(filter) {
        asked.push(filter);
        return { jobs: stored };
      },
    },
  }));
beforeEach(async () => {
  clock = heldClock(Date.now());
  [asked, stored] = [[], []];
  test = await open();
});
afterEach(() => test.close());

const form = {
  'content-type': 'application/x-www-form-urlencoded',
  accept: 'text/html',
  'sec-fetch-site': 'same-origin',
};
const codeOf = async (headers: Record<string, string> = {}): Promise<string> => {
  const answer = await test.app.inject({ method: 'POST', url: '/api/sign-in', headers });
  return new URL(answer.json<{ path: string }>().path, 'http://x').searchParams.get('code') ?? '';
};
const redeem = (code: string) =>
  test.app.inject({
    method: 'POST',
    url: '/dashboard/sign-in',
    headers: form,
    payload: `code=${encodeURIComponent(code)}`,
  });
const signIn = async (headers: Record<string, string> = {}): Promise<string> => {
  const set = String((await redeem(await codeOf(headers))).headers['set-cookie']);
  return set.split(';')[0] ?? '';
};
const get = (url: string, cookie: string) => test.app.inject({ url, headers: { cookie, accept: 'text/html' } });
const act = (url: string, cookie: string, headers: Record<string, string> = form) =>
  test.app.inject({ method: 'POST', url, headers: { ...headers, cookie } });

describe('the door of the dashboard', () => {
  it('opens by a link that works once, for this browser alone', async () => {
    const code = await codeOf();
    const shown = await test.app.inject({ url: `/dashboard/sign-in?code=${code}` });
    expect([shown.statusCode, shown.headers['set-cookie']]).toEqual([200, undefined]);
    const first = await redeem(code);
    expect([first.statusCode, first.headers.location]).toEqual([303, '/dashboard']);
    expect(first.headers['set-cookie']).toMatch(
      /^prodwork_session=[^;]+; Max-Age=28800; Path=\/dashboard; HttpOnly; SameSite=Strict$/,
    );
    const second = await redeem(code);
    expect([second.statusCode, second.headers['set-cookie']]).toEqual([403, undefined]);
    expect(second.body).toContain('was used before');
  });

  it('does not open by a code that stands for the same bytes as a used one', async () => {
    const code = await codeOf();
    await redeem(code);
    const last = code.at(-1) ?? '';
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const letter of letters) {
      if (letter === last) continue;
      expect((await redeem(code.slice(0, -1) + letter)).statusCode).toBe(403);
    }
  });

  it('closes when the link or the session is too old', async () => {
    const late = await codeOf();
    clock.advance(LINK_MS);
    expect((await redeem(late)).statusCode).toBe(403);
    const cookie = await signIn();
    expect((await get('/dashboard', cookie)).statusCode).toBe(200);
    clock.advance(SESSION_MS);
    expect((await get('/dashboard', cookie)).statusCode).toBe(401);
  });

  it.each(['/dashboard', '/dashboard/jobs', '/dashboard/jobs/x', '/dashboard/history'])(
    'says at %s, to whoever has no session, how to get one, and nothing else',
    async (url) => {
      await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }));
      const code = await codeOf();
      // A code is no session; nor is another purpose's seal, another key's, or nonsense.
      const foreign = seal(Buffer.alloc(32), 'session', { name: 'this machine', expiresAt: clock.now() + 1_000 });
      for (const value of ['', code, foreign, 'x.y.z', 'x'.repeat(9_000)]) {
        const answer = await get(url, `prodwork_session=${value}`);
        expect(answer.statusCode).toBe(401);
        expect(answer.body).toContain('npx prodwork sign-in');
        expect(answer.body).not.toContain('sleep');
      }
      expect((await test.app.inject(url)).json()).toMatchObject({ code: 'UNAUTHENTICATED' });
    },
  );

  it('lets nobody act without a session, on a loopback bind either', async () => {
    const { id } = (await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }))).json();
    for (const url of [
      `/dashboard/jobs/${id}/cancel`,
      `/dashboard/jobs/${id}/remove`,
      '/dashboard/queues/default/pause',
    ])
      expect((await act(url, '')).statusCode, url).toBe(401);
    expect((await test.app.inject(`/api/jobs/${id}`)).json().state).toBe('waiting');
  });

  it('refuses what another site starts, whatever cookies came along', async () => {
    const cookie = await signIn();
    for (const site of ['cross-site', 'same-site']) {
      const answer = await act('/dashboard/queues/default/pause', cookie, { ...form, 'sec-fetch-site': site });
      expect(answer.statusCode).toBe(403);
    }
    const foreign = { 'content-type': 'text/plain', origin: 'http://elsewhere.example' };
    expect((await act('/dashboard/queues/default/pause', cookie, foreign)).statusCode).toBe(403);
    expect((await test.app.inject('/api/stats')).json().queue.isPaused).toBe(false);
  });

  it('is left by signing out', async () => {
    const answer = await act('/dashboard/sign-out', await signIn());
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/dashboard/sign-in']);
    expect(answer.headers['set-cookie']).toMatch(/^prodwork_session=; Max-Age=0; /);
  });

  it('says Secure when the gateway speaks HTTPS', async () => {
    await test.close();
    test = await open({ isHttps: 'on' });
    expect((await redeem(await codeOf())).headers['set-cookie']).toMatch(/; Secure$/);
  });
});

describe('the door of the dashboard, with tokens', () => {
  let file: TokensFile;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  beforeEach(async () => {
    file = tokensFile([tokenLine('shop', 'submit', 's-token'), tokenLine('ops', 'operate', 'o-token')]);
    await test.close();
    test = await open({ tokensFile: file.path });
  });
  afterEach(() => file.remove());

  it('is opened by a token that may operate, and by no other', async () => {
    const ask = (headers: Record<string, string>) => test.app.inject({ method: 'POST', url: '/api/sign-in', headers });
    expect((await ask({})).statusCode).toBe(401);
    expect((await ask(bearer('wrong'))).statusCode).toBe(401);
    expect((await ask(bearer('s-token'))).statusCode).toBe(403);
    const page = await get('/dashboard', await signIn(bearer('o-token')));
    expect([page.statusCode, page.body.includes('ops')]).toEqual([200, true]);
  });

  it('closes when the token leaves the file, also on another replica', async () => {
    const cookie = await signIn(bearer('o-token'));
    const replica = await open({ tokensFile: file.path });
    const look = async () => (await replica.app.inject({ url: '/dashboard', headers: { cookie } })).statusCode;
    expect(await look()).toBe(200);
    file.write([tokenLine('ops', 'operate', 'another-token')]);
    await until('the file to be read again', async () => (await look()) === 401);
    await replica.close();
  });
});

describe('sealed texts', () => {
  it('open with their own key and purpose until their time is over', () => {
    const key = Buffer.alloc(32, 1);
    const text = seal(key, 'session', { name: 'o.ps', expiresAt: 1_700_000_000_000 });
    const read = (purpose: 'session' | 'sign-in', now: number, other = key) => unseal(() => other, purpose, text, now);
    expect(read('session', 1_699_999_999_999)).toEqual({ name: 'o.ps', expiresAt: 1_700_000_000_000 });
    expect(read('session', 1_700_000_000_000)).toBeUndefined();
    expect(read('sign-in', 0)).toBeUndefined();
    expect(read('session', 0, Buffer.alloc(32, 2))).toBeUndefined();
    expect(unseal(() => undefined, 'session', text, 0)).toBeUndefined();
  });
});

describe("the operator's pages", () => {
  const submit = async (over: object = {}): Promise<string> =>
    (await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 }, ...over }))).json().id;

  it('say what to do next when there is nothing to show', async () => {
    const cookie = await signIn();
    expect((await get('/dashboard', cookie)).body).toMatch(/Send a first job with|Nothing waits/);
    expect((await get('/dashboard/jobs', cookie)).body).toContain('No jobs yet.');
    expect((await get('/dashboard/jobs?state=dead', cookie)).body).toContain('Show all of them');
  });

  it('list jobs by state, type, queue and text, page by page', async () => {
    const cookie = await signIn();
    for (let n = 0; n < 60; n++) await submit({ id: `job-${n}` });
    await submit({ type: 'primes', payload: { upTo: 10 } });
    await submit({ queue: 'other', id: 'elsewhere' });
    const ids = (body: string) => [...body.matchAll(/href="\/dashboard\/jobs\/([^"?]+)/g)].map(([, id]) => id);
    const first = (await get('/dashboard/jobs', cookie)).body;
    expect(ids(first)).toHaveLength(50);
    const next = /href="([^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const second = ids((await get(next, cookie)).body);
    expect(new Set([...ids(first), ...second]).size).toBe(61);
    expect(ids((await get('/dashboard/jobs?type=primes', cookie)).body)).toHaveLength(1);
    expect(ids((await get('/dashboard/jobs?q=job-33', cookie)).body)).toEqual(['job-33']);
    expect(ids((await get('/dashboard/jobs?queue=other&state=waiting&type=&q=&cursor=', cookie)).body)).toEqual([
      'elsewhere',
    ]);
    expect(ids((await get('/dashboard/jobs?state=dead', cookie)).body)).toEqual([]);
    expect((await get('/dashboard/jobs?state=lost', cookie)).statusCode).toBe(400);
  });

  it('cancel, retry and delete a job, and say what became of it', async () => {
    const cookie = await signIn();
    const id = await submit();
    const page = async () => (await get(`/dashboard/jobs/${id}`, cookie)).body;
    expect(await page()).toContain('Why is it not done?');
    expect((await act(`/dashboard/jobs/${id}/cancel`, cookie)).headers.location).toBe(
      `/dashboard/jobs/${id}?said=cancelled`,
    );
    expect(await page()).toContain('Try again');
    expect((await act(`/dashboard/jobs/${id}/retry`, cookie)).headers.location).toContain('said=reopened');
    expect((await act(`/dashboard/jobs/${id}/retry`, cookie)).headers.location).toContain('said=unchanged');
    const removed = await act(`/dashboard/jobs/${id}/remove`, cookie);
    expect(removed.headers.location).toBe('/dashboard/jobs?queue=default&said=removed');
    expect((await get(`/dashboard/jobs/${id}`, cookie)).statusCode).toBe(404);
  });

  it('say in place why an act was refused', async () => {
    const cookie = await signIn();
    const claims: Claim[] = [];
    const consumer = test.engine.consumer(consumerContext({ onClaims: (given) => claims.push(...given) }));
    await consumer.start();
    const id = await submit();
    await until('the claim', () => claims.length > 0);
    const refused = await act(`/dashboard/jobs/${id}/remove`, cookie);
    expect(refused.statusCode).toBe(409);
    expect(refused.body).toMatch(/role="alert"><p>An active job cannot be deleted; cancel it first\./);
    await consumer.stop();
  });

  it('act on a chosen id in the queue where it is', async () => {
    const cookie = await signIn();
    await submit({ queue: 'other', id: 'order' });
    const answer = await act('/dashboard/jobs/order/cancel?queue=other', cookie);
    expect(answer.headers.location).toBe('/dashboard/jobs/order?queue=other&said=cancelled');
    expect((await get(String(answer.headers.location), cookie)).body).toContain('Cancelled.');
  });

  it('pause and resume a queue', async () => {
    const cookie = await signIn();
    await submit();
    expect((await act('/dashboard/queues/default/pause', cookie)).headers.location).toBe('/dashboard?said=paused');
    const paused = (await get('/dashboard?said=paused', cookie)).body;
    expect(paused).toContain('nothing new starts');
    expect(paused).toContain('action="/dashboard/queues/default/resume"');
    expect((await act('/dashboard/queues/default/resume', cookie)).headers.location).toBe('/dashboard?said=resumed');
    expect((await test.app.inject('/api/queues')).json().queues[0].isPaused).toBe(false);
  });

  it('show what each worker has in hand', async () => {
    const cookie = await signIn();
    const claims: Claim[] = [];
    const consumer = test.engine.consumer(consumerContext({ onClaims: (given) => claims.push(...given) }));
    await consumer.start();
    const id = await submit();
    await until('the claim', () => claims.length > 0);
    const shown = await until('the worker', async () => {
      clock.advance(1_000);
      const { body } = await get('/dashboard', cookie);
      return body.includes(`/dashboard/jobs/${id}`) ? body : undefined;
    });
    expect(shown).toContain('In hand now');
    await consumer.stop();
  });

  it('search the history, where there is one', async () => {
    const cookie = await signIn();
    const id = await submit();
    stored = [(await test.app.inject(`/api/jobs/${id}`)).json()];
    const page = await get('/dashboard/history?q=needle&state=dead&type=', cookie);
    expect(page.body).toContain(`/dashboard/jobs/${id}`);
    expect(asked).toEqual([{ queue: 'default', limit: 50, q: 'needle', state: 'dead' }]);
  });

  it('search the history by tag and by days, the last one whole, and bound what is asked', async () => {
    const cookie = await signIn();
    const page = await get('/dashboard/history?tag=%3Cb%3E&from=2026-01-02&to=2026-01-02', cookie);
    const day = Date.UTC(2026, 0, 2);
    expect(asked).toEqual([{ queue: 'default', limit: 50, tag: '<b>', from: day, to: day + 86_400_000 }]);
    expect(page.body).not.toContain('<b>');
    for (const query of [
      `q=${'x'.repeat(201)}`,
      `tag=${'x'.repeat(65)}`,
      'from=yesterday',
      'state=waiting',
      'cursor=!',
    ])
      expect((await get(`/dashboard/history?${query}`, cookie)).statusCode, query).toBe(400);
    expect((await get('/dashboard/history?from=2026-99-99', cookie)).statusCode).toBe(200);
    expect(asked.at(-1)).toEqual({ queue: 'default', limit: 50 });
  });

  it('say only what is theirs to say: words in the address become no text', async () => {
    const cookie = await signIn();
    for (const said of ['<script>', 'constructor', '__proto__'])
      expect((await get(`/dashboard?said=${encodeURIComponent(said)}`, cookie)).body).not.toContain('class="said"');
  });
});
