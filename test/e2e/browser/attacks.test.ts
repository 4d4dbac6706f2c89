import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaintsOf, launchBrowser, noBrowser } from '../../support/browser.ts';
import {
  consumerContext,
  jobCount,
  type ProducerUnderTest,
  post,
  producer,
} from '../../support/producer-under-test.ts';
import { until } from '../../support/until.ts';

let browser: Browser;
let test: ProducerUnderTest;
let base: string;
let evil: Server;
let evilUrl: string;

describe.skipIf(noBrowser !== undefined)(noBrowser ?? 'attacks through a real Chromium', () => {
  beforeAll(async () => {
    browser = await launchBrowser();
    test = await producer();
    base = await test.listen();
    const port = new URL(base).port;
    // Another name for this machine is another site to a browser.
    evil = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<form method="post" action="http://127.0.0.1:${port}/jobs"><input name="type" value="sleep"><input name="seconds" value="1"><button>Win</button></form>
<iframe src="http://127.0.0.1:${port}/" id="frame"></iframe>`);
    }).listen(0, 'localhost');
    await once(evil, 'listening');
    const address = evil.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    evilUrl = `http://localhost:${address.port}/`;
  });
  afterAll(async () => {
    await browser.close();
    evil.close();
    await test.close();
  });

  it('A06: a form on another site is refused', async () => {
    const page = await browser.newPage();
    await page.goto(evilUrl);
    const answer = page.waitForResponse((response) => response.url().endsWith('/jobs'));
    await page.getByRole('button', { name: 'Win' }).click();
    expect((await answer).status()).toBe(403);
    expect(await jobCount(test.app)).toBe(0);
    await page.close();
  });

  it('A06: a silent fetch from another site stores nothing', async () => {
    const page = await browser.newPage();
    await page.goto(evilUrl);
    const types = ['application/x-www-form-urlencoded', 'text/plain', 'application/json'];
    for (const [path, body] of [
      ['/jobs', 'type=sleep&seconds=1'],
      ['/api/jobs', '{"type":"sleep","payload":{"seconds":1}}'],
    ]) {
      for (const type of types) {
        const call = `fetch(${JSON.stringify(base + path)}, { method: 'POST', mode: 'no-cors', headers: { 'content-type': ${JSON.stringify(type)} }, body: ${JSON.stringify(body)} }).then(() => 'sent', () => 'stopped')`;
        await page.evaluate(call);
      }
    }
    await page.evaluate(
      `fetch(${JSON.stringify(`${base}/api/queues/default/pause`)}, { method: 'POST', mode: 'no-cors' }).catch(() => {})`,
    );
    expect((await test.app.inject('/api/stats')).json().queue.isPaused).toBe(false);
    expect(await jobCount(test.app)).toBe(0);
    await page.close();
  });

  it('A06: no page can be framed', async () => {
    const page = await browser.newPage();
    await page.goto(evilUrl);
    expect(
      await page
        .frames()[1]
        ?.locator('form')
        .count()
        .catch(() => 0),
    ).toBe(0);
    await page.close();
  });

  it('A07: markup in what people send is shown as text', async () => {
    const value = `<img src=x onerror=alert(1)><svg onload=alert(2)><a href="javascript:alert(3)">x</a>`;
    const { id } = (await test.app.inject(post({ type: 'anything', payload: { value } }))).json();
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    await page.goto(`${base}/jobs/${id}`);
    await page.getByText('What was asked for').click();
    expect(await page.getByText('<img src=x onerror=alert(1)>').isVisible()).toBe(true);
    expect(await page.locator('main :is(img, svg, a[href^="javascript"])').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('A07: markup in a worker name, an error and a cause is text for people and operators alike', async () => {
    const evil = `</pre><img src=x onerror=alert(1)><a href="javascript:alert(3)">x</a>`;
    const consumer = test.engine.consumer(
      consumerContext(
        {
          onClaims: (claims) => {
            for (const claim of claims)
              void consumer.settle(claim, { kind: 'bury', error: { code: 'HANDLER_FAILED', message: evil } });
          },
        },
        { name: evil, host: evil, types: [{ type: 'primes', delivery: 'at-least-once' }] },
      ),
    );
    await consumer.start();
    const { id } = (await test.app.inject(post({ type: 'primes', payload: { upTo: 10 } }))).json();
    await until('the end', async () => (await test.app.inject(`/api/jobs/${id}`)).json().state === 'dead');
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    const { path } = (await test.app.inject({ method: 'POST', url: '/api/sign-in' })).json<{ path: string }>();
    await page.goto(base + path);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Queues' }).waitFor();
    for (const place of ['/', `/jobs/${id}`, '/dashboard', '/dashboard/jobs', `/dashboard/jobs/${id}`]) {
      await page.goto(base + place);
      await page.getByText('<img src=x onerror=alert(1)>').first().waitFor();
      expect(await page.locator('main :is(img, script, a[href^="javascript"])').count(), place).toBe(0);
    }
    expect(complaints).toEqual([]);
    await consumer.stop();
    await page.close();
  });
});
