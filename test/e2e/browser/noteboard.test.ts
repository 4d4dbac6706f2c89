import type { AddressInfo } from 'node:net';
import { buildApp } from '@prodwork/noteboard/app';
import { noteboardSchema } from '@prodwork/noteboard/notes/schema';
import type { Browser, Page } from 'playwright-core';
import { createLog } from 'prodwork/log';
import { bootPostgres, type PostgresBoot } from 'prodwork/postgres/boot';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { complaintsOf, launchBrowser, noBrowser, violationsOf } from '../../support/browser.ts';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { until } from '../../support/until.ts';

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };
const EVIL = `</p></li><img src=x onerror=alert(1)><script>alert(2)</script><a href="javascript:alert(3)">x</a>`;
const LONG = `${'w'.repeat(400)} \u202eright to left\u202c https://example.com/${'path/'.repeat(60)}`;
const log = createLog({ name: 'test', level: 'silent', format: 'json' });

const missing = noBrowser ?? (postgresBin() === undefined ? 'no Postgres server on this machine' : undefined);

describe.skipIf(missing !== undefined)(missing ?? 'the noteboard in a real Chromium', () => {
  let server: PostgresServer;
  let boot: PostgresBoot;
  let app: Awaited<ReturnType<typeof buildApp>>;
  let browser: Browser;
  let base: string;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startPostgres(), launchBrowser()]);
    boot = bootPostgres({ url: server.url(), name: 'board', schema: noteboardSchema, log });
    app = await buildApp({ boot, log });
    await app.listen({ port: 0, host: '127.0.0.1' });
    base = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    await boot.start();
    await until('ready', async () => (await boot.health()).isReady);
  });
  beforeEach(() => boot.postgres.query('truncate notes'));
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await boot?.stop();
    await server?.stop();
  });

  const open = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
    const context = await browser.newContext({ viewport: DESK, ...options });
    const page = await context.newPage();
    await page.goto(base);
    return page;
  };
  const leave = async (page: Page, name: string, message: string): Promise<void> => {
    await page.getByLabel('Your name').fill(name);
    await page.getByLabel('Message').fill(message);
    await page.getByRole('button', { name: 'Put it on the board' }).click();
  };

  it.each([
    ['a phone', PHONE],
    ['a desk', DESK],
  ])(
    'on %s: notes are written and read, hostile and endless text is text, nothing runs over',
    async (_what, viewport) => {
      const page = await open({ viewport });
      const complaints = complaintsOf(page);
      await leave(page, 'Ada', 'Hello');
      await leave(page, EVIL.slice(0, 80), EVIL);
      await leave(page, '<b>Bob</b>', LONG);
      const shown = await page.locator('main li p').allTextContents();
      expect(shown).toEqual([LONG, EVIL, 'Hello']);
      expect(await page.locator('main img, main script, main a').count()).toBe(0);
      const widths = 'document.documentElement.scrollWidth <= document.documentElement.clientWidth';
      expect(await page.evaluate(widths)).toBe(true);
      expect(await violationsOf(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await page.context().close();
    },
  );

  it('works without JavaScript; a fault brings the words back, and the cursor to the field', async () => {
    const page = await open({ javaScriptEnabled: false });
    // It passes the browser's own check, and is nothing that anybody could see.
    await leave(page, '\u200b', 'kept words');
    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('kept words');
    expect(await page.locator('#name[aria-invalid=true][autofocus]').count()).toBe(1);
    await leave(page, 'Ada', 'kept words');
    expect(await page.locator('main li p').allTextContents()).toEqual(['kept words']);
    await page.context().close();
  });

  it('a double click makes one note', async () => {
    const page = await open();
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('Message').fill('once');
    await page.getByRole('button', { name: 'Put it on the board' }).dblclick();
    await page.waitForURL(`${base}/`);
    await until('the note', async () => (await page.locator('main li').count()) === 1);
    expect((await boot.postgres.query('select 1 from notes')).count).toBe(1);
    await page.context().close();
  });
});
