import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Claim } from 'prodwork/engine/consumer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { complaintsOf, launchBrowser, noBrowser, violationsOf } from '../../support/browser.ts';
import {
  consumerContext,
  jobCount,
  type ProducerUnderTest,
  post,
  postForm,
  producer,
} from '../../support/producer-under-test.ts';
import { until } from '../../support/until.ts';

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

let browser: Browser;
let context: BrowserContext;
let test: ProducerUnderTest;
let base: string;
const evil = `</pre><img src=x onerror=alert(1)><script>alert(2)</script>`;

describe.skipIf(noBrowser !== undefined)(noBrowser ?? 'in a real Chromium', () => {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    test = await producer();
    base = await test.listen();
  });
  afterEach(async () => {
    await context.close();
    await test.close();
  });

  const open = async (path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
    context = await browser.newContext({ viewport: DESK, ...options });
    const page = await context.newPage();
    await page.goto(base + path);
    return page;
  };
  const signIn = async (page: Page): Promise<void> => {
    const { path } = (await test.app.inject({ method: 'POST', url: '/api/sign-in' })).json<{ path: string }>();
    await page.goto(base + path);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Queues' }).waitFor();
  };
  /** A worker that completes whatever it is handed. */
  const startWorker = async (act?: (claim: Claim) => void) => {
    const consumer = test.engine.consumer(
      consumerContext({
        onClaims: (claims) => {
          for (const claim of claims) {
            if (act) act(claim);
            else
              setImmediate(
                () => void consumer.settle(claim, { kind: 'complete', resultJson: JSON.stringify({ note: evil }) }),
              );
          }
        },
      }),
    );
    await consumer.start();
    return consumer;
  };

  it.each([true, false])('a job goes from the form to its result (JavaScript: %s)', async (javaScriptEnabled) => {
    const page = await open('/', { javaScriptEnabled, viewport: PHONE });
    const complaints = complaintsOf(page);
    await page.getByRole('link', { name: /Count primes/ }).click();
    await page.getByLabel('Up to').fill('1000');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('It is stored, and starts as soon as a worker is free.').waitFor();
    const consumer = await startWorker();
    await page.locator('[data-state="completed"]').waitFor();
    expect(await page.getByText('onerror=alert(1)').first().isVisible()).toBe(true);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(complaints).toEqual([]);
    await consumer.stop();
  });

  it('a double click makes one job', async () => {
    const page = await open('/');
    await page.getByRole('button', { name: 'Submit' }).dblclick();
    await page.locator('[data-job]').waitFor();
    expect(await jobCount(test.app)).toBe(1);
  });

  it('going back and sending other values says so and keeps them', async () => {
    const page = await open('/', { javaScriptEnabled: false });
    const token = await page.locator('input[name=token]').inputValue();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.locator('[data-job]').waitFor();
    const answer = await page.request.post(`${base}/jobs`, {
      form: { token, type: 'sleep', seconds: '7', copies: '1' },
      maxRedirects: 0,
    });
    expect(answer.status()).toBe(422);
    expect(await answer.text()).toMatch(/name="seconds"[^>]*value="7"/);
  });

  it('the gauge moves by itself, and keeps what has the focus', async () => {
    const page = await open('/');
    await page.getByLabel('Seconds').focus();
    await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }));
    await page.locator('.count.is-waiting dd', { hasText: /^1$/ }).waitFor();
    const consumer = await startWorker(() => {});
    await page.getByRole('img', { name: '1 of 2 slots busy' }).waitFor();
    await consumer.stop();
    expect(await page.evaluate('document.activeElement.name')).toBe('seconds');
  });

  it('all tabs of a browser share one stream', async () => {
    const page = await open('/');
    await page.getByText('live', { exact: true }).waitFor();
    for (let tab = 0; tab < 3; tab++) {
      const other = await context.newPage();
      await other.goto(base);
      await other.getByText('live', { exact: true }).waitFor();
    }
    const metrics = (await test.app.inject('/metrics')).body;
    expect(metrics).toMatch(/^prodwork_streams 1$/m);
    await context.close();
    await until('the stream to end with the browser', async () =>
      /^prodwork_streams 0$/m.test((await test.app.inject('/metrics')).body),
    );
  });

  it.each([true, false])(
    'an operator signs in, cancels a job and deletes it (JavaScript: %s)',
    async (javaScriptEnabled) => {
      const { id } = (await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }))).json();
      const page = await open('/dashboard', { javaScriptEnabled, viewport: PHONE });
      await page.getByText('npx prodwork sign-in').first().waitFor();
      await signIn(page);
      await page.getByRole('link', { name: /^waiting 1/ }).click();
      await page.getByRole('link', { name: id }).click();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByText('Cancelled.', { exact: true }).waitFor();
      await page.getByText('Delete …').click();
      await page.getByRole('button', { name: 'Delete for good' }).click();
      await page.getByText('Deleted.', { exact: true }).waitFor();
      expect(await jobCount(test.app)).toBe(0);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.goto(`${base}/dashboard`);
      expect(await page.getByRole('heading', { name: 'Queues' }).count()).toBe(0);
    },
  );

  it('the queues of the dashboard move by themselves, and keep what has the focus', async () => {
    const page = await open('/dashboard');
    const complaints = complaintsOf(page);
    await signIn(page);
    await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }));
    await page.getByRole('link', { name: /^waiting 1/ }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).focus();
    await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }));
    await page.getByRole('link', { name: /^waiting 2/ }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Pause');
    expect(complaints).toEqual([]);
  });

  it('a batch shows each of its jobs, live', async () => {
    const page = await open('/');
    await page.getByLabel('Copies').fill('30');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('0 of 30 jobs ended').waitFor();
    const consumer = await startWorker();
    await page.getByText('All 30 jobs ended').waitFor();
    await page.locator('.cell.state-completed').nth(29).waitFor();
    await consumer.stop();
  });

  it('faults stand beside their fields and can be reached by keyboard', async () => {
    const page = await open('/?type=everything');
    await page.getByLabel('Text').fill('kept');
    await page.getByLabel('Count').evaluate((input) => input.setAttribute('type', 'text'));
    await page.getByLabel('Count').fill('many');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('Text').inputValue()).toBe('kept');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id || location.hash')).toMatch(/f-count/);
    expect(await violationsOf(page)).toEqual([]);
  });

  const looks = [
    ['light', PHONE],
    ['dark', PHONE],
    ['light', DESK],
    ['dark', DESK],
  ] as const;
  /** A job that died of something evil, for pages that show everything. */
  const deadJob = async (): Promise<string> => {
    const consumer = await startWorker((claim) => {
      if (claim.delivery === 1)
        void consumer.settle(claim, { kind: 'bury', error: { code: 'HANDLER_FAILED', message: evil } });
    });
    const { id } = (await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }))).json();
    await until('the end', async () => (await test.app.inject(`/api/jobs/${id}`)).json().state === 'dead');
    await consumer.stop();
    return id;
  };
  const inspect = async (page: Page, paths: readonly string[], width: number): Promise<void> => {
    for (const path of paths) {
      await page.goto(base + path);
      expect(await violationsOf(page), path).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width);
    }
  };

  it.each(looks)(
    'every page is free of violations and of sideways scrolling (%s, %o)',
    async (colorScheme, viewport) => {
      const dead = await deadJob();
      const form = await test.app.inject(postForm({ type: 'sleep', seconds: '1', copies: '5' }));
      const page = await open('/', { colorScheme, viewport });
      const complaints = complaintsOf(page);
      const paths = ['/', '/?type=everything', `/jobs/${dead}`, String(form.headers.location), '/docs'];
      await inspect(page, paths, viewport.width);
      expect(complaints).toEqual([]);
      await page.goto(`${base}/nowhere`);
      expect(await violationsOf(page)).toEqual([]);
    },
  );

  it.each(looks)(
    "so is every page of the dashboard, with a job's evil words in it (%s, %o)",
    async (colorScheme, viewport) => {
      const dead = await deadJob();
      const page = await open('/dashboard/sign-in', { colorScheme, viewport });
      const complaints = complaintsOf(page);
      await inspect(page, ['/dashboard/sign-in', '/dashboard/sign-in?code=x'], viewport.width);
      await signIn(page);
      await inspect(
        page,
        ['/dashboard', '/dashboard/jobs', `/dashboard/jobs/${dead}`, '/dashboard/jobs?state=active'],
        viewport.width,
      );
      expect(await page.locator('main :is(img, script)').count()).toBe(0);
      expect(complaints).toEqual([]);
    },
  );
});
