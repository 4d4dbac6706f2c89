import type { Browser, Page } from 'playwright-core';
import { postgresHistory } from 'prodwork/history/postgres-history';
import { historySchema } from 'prodwork/history/schema';
import type { Job } from 'prodwork/job/job';
import { createLog } from 'prodwork/log';
import { bootPostgres, type PostgresBoot } from 'prodwork/postgres/boot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaintsOf, launchBrowser, noBrowser, violationsOf } from '../../support/browser.ts';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { type ProducerUnderTest, producer } from '../../support/producer-under-test.ts';
import { until } from '../../support/until.ts';

const EVIL = `</td><img src=x onerror=alert(1)><script>alert(2)</script>`;
const END = Date.UTC(2026, 0, 2, 12);
const job = (id: string, more: Partial<Job>): Job => ({
  id,
  type: 'sleep',
  queue: 'default',
  state: 'completed',
  payload: {},
  priority: 'normal',
  attempts: 1,
  maxAttempts: 3,
  generation: 1,
  createdAt: END - 60_000,
  finishedAt: END,
  deliveries: [],
  ...more,
});

const missing = noBrowser ?? (postgresBin() === undefined ? 'no Postgres server on this machine' : undefined);

describe.skipIf(missing !== undefined)(missing ?? 'the history in a real Chromium', () => {
  let server: PostgresServer;
  let boot: PostgresBoot;
  let test: ProducerUnderTest;
  let browser: Browser;
  let base: string;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startPostgres(), launchBrowser()]);
    const log = createLog({ name: 'test', level: 'silent', format: 'json' });
    boot = bootPostgres({ url: server.url(), name: 'history page', schema: historySchema, log });
    await boot.start();
    await until('ready', () => boot.isMigrated());
    const history = postgresHistory(boot);
    await history.store([
      job('Lamp', { payload: { item: 'green lamp' }, tags: ['vip'] }),
      job('Desk', { payload: { item: 'desk' }, finishedAt: END + 86_400_000 }),
      job('Evil', { state: 'dead', payload: { item: EVIL }, error: { code: 'HANDLER_FAILED', message: EVIL } }),
    ]);
    test = await producer({}, () => ({ history }));
    base = await test.listen();
  });
  afterAll(async () => {
    await browser?.close();
    await test?.close();
    await boot?.stop();
    await server?.stop();
  });

  const signedIn = async (viewport: { width: number; height: number }): Promise<Page> => {
    const page = await (await browser.newContext({ viewport })).newPage();
    const { path } = (await test.app.inject({ method: 'POST', url: '/api/sign-in' })).json<{ path: string }>();
    await page.goto(base + path);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'History' }).click();
    return page;
  };
  const found = (page: Page) => page.locator('main table a').allTextContents();
  const search = async (page: Page, values: Record<string, string>): Promise<readonly string[]> => {
    await page.goto(`${base}/dashboard/history`);
    for (const [label, value] of Object.entries(values)) await page.getByLabel(label, { exact: false }).fill(value);
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForURL(/\?/);
    return found(page);
  };

  it.each([
    ['a phone', { width: 390, height: 844 }],
    ['a desk', { width: 1280, height: 900 }],
  ])('on %s: a person finds jobs by words, tag and day, and hostile text stays text', async (_what, viewport) => {
    const page = await signedIn(viewport);
    const complaints = complaintsOf(page);
    expect(await found(page)).toHaveLength(3);
    expect(await violationsOf(page)).toEqual([]);
    const fits = 'document.documentElement.scrollWidth <= document.documentElement.clientWidth';
    expect(await page.evaluate(fits)).toBe(true);
    expect(await search(page, { Words: 'GREEN lamp' })).toEqual(['Lamp']);
    expect(await search(page, { Tag: 'vip' })).toEqual(['Lamp']);
    expect(await search(page, { From: '2026-01-03' })).toEqual(['Desk']);
    expect(await search(page, { To: '2026-01-02' })).toHaveLength(2);
    expect(await search(page, { Words: EVIL })).toEqual(['Evil']);
    expect(await page.getByLabel('Words').inputValue()).toBe(EVIL);
    expect(await search(page, { Words: `'; drop table history_jobs; --` })).toEqual([]);
    expect(await search(page, {})).toHaveLength(3);
    expect(await page.locator('main :is(img, script)').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
