import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { complaintsOf, launchBrowser, noBrowser, violationsOf } from '../../support/browser.ts';
import { type ProducerProcess, startProducer } from '../../support/producer-process.ts';
import { startRedis } from '../../support/redis-server.ts';
import { startWorker } from '../../support/worker-process.ts';

const PHONE = { width: 390, height: 844 };
const WITHIN = { timeout: 30_000 };
let producer: ProducerProcess;
let browser: Browser;
let context: BrowserContext;
/** What was started, newest last. */
const stops: (() => Promise<unknown>)[] = [];
const stopped = (process: Pick<ProducerProcess, 'signal' | 'ended'>): Promise<unknown> => {
  process.signal('SIGTERM');
  return process.ended;
};

/** Files on this disk, as a person chooses them. */
let dir: string;
let picture: string;
let tooLarge: string;

/** A picture of noise, which no format makes smaller. */
const noise = ([width, height]: readonly [number, number]): Promise<Buffer> =>
  sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();

describe.skipIf(noBrowser !== undefined)(
  noBrowser ?? 'files, from the form through Redis and a worker to the receipt',
  () => {
    beforeAll(async () => {
      dir = await mkdtemp(join(tmpdir(), 'prodwork-files-'));
      [picture, tooLarge] = [join(dir, 'Urlaub 2026.png'), join(dir, 'large.png')];
      await writeFile(picture, await noise([1_400, 1_250]));
      await writeFile(tooLarge, Buffer.alloc(11 * 1024 * 1024));
      const redis = await startRedis();
      stops.push(() => redis.stop());
      // The job that shows its progress would keep its worker from leaving.
      const env = { REDIS_URL: redis.url, WORKER_DRAIN_MS: '0' };
      producer = await startProducer(env);
      stops.push(() => stopped(producer));
      const worker = await startWorker('worker-1', env);
      stops.push(() => stopped(worker));
      browser = await launchBrowser();
      stops.push(() => browser.close());
    });
    afterAll(async () => {
      for (const stop of stops.reverse()) await stop();
      await rm(dir, { recursive: true, force: true });
    });
    afterEach(() => context.close());

    const open = async (path: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
      context = await browser.newContext({ viewport: PHONE, ...options });
      const page = await context.newPage();
      await page.goto(producer.url + path);
      return page;
    };
    const submit = (page: Page) => page.getByRole('button', { name: 'Submit' }).click();
    const completed = (page: Page) => page.locator('[data-state="completed"]').waitFor(WITHIN);
    /** Width of a picture as the browser has decoded it. */
    const widthOf = (page: Page): Promise<number> =>
      page.evaluate(
        `(async () => { const image = document.querySelector('.picture img'); await image.decode(); return image.naturalWidth; })()`,
      );
    const overflow = (page: Page): Promise<boolean> =>
      page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

    it.each([true, false])(
      'a 5 MB picture becomes a thumbnail on a phone (JavaScript: %s)',
      async (javaScriptEnabled) => {
        const page = await open('/', { javaScriptEnabled, hasTouch: true, isMobile: true });
        const complaints = complaintsOf(page);
        await page.getByRole('link', { name: /Thumbnail/ }).click();
        expect((await stat(picture)).size).toBeGreaterThan(5_000_000);
        await page.getByLabel('Picture').setInputFiles(picture);
        await page.getByLabel('Width').fill('200');
        await submit(page);
        await completed(page);
        await page.getByRole('img', { name: 'Urlaub 2026-200.webp' }).waitFor(WITHIN);
        if (javaScriptEnabled) expect(await widthOf(page)).toBe(200);
        await page.getByText('What was asked for').click();
        expect(await page.getByRole('link', { name: 'Urlaub 2026.png', exact: true }).isVisible()).toBe(true);
        expect(await overflow(page)).toBe(false);
        expect(complaints).toEqual([]);
      },
    );

    it.each(['light', 'dark'] as const)(
      'a table becomes statistics and a chart, and nobody is shut out (%s)',
      async (colorScheme) => {
        const page = await open('/?type=csv-report', { colorScheme });
        const complaints = complaintsOf(page);
        expect(await violationsOf(page)).toEqual([]);
        await page
          .getByLabel('Or the table itself')
          .fill('city,people\nBerlin,3755251\n</text><script>alert(1)</script>,1892122\n');
        await submit(page);
        await completed(page);
        await page.getByRole('img', { name: 'chart.svg' }).waitFor(WITHIN);
        expect(await widthOf(page)).toBe(640);
        expect(await page.getByRole('cell', { name: '3,755,251' }).first().isVisible()).toBe(true);
        expect(await violationsOf(page)).toEqual([]);
        expect(await overflow(page)).toBe(false);
        expect(complaints).toEqual([]);
      },
    );

    it('A07: an SVG with a script in it is saved when it is opened, and runs nothing', async () => {
      const page = await open('/?type=csv-report');
      const complaints = complaintsOf(page);
      const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>';
      await page
        .getByLabel('CSV file')
        .setInputFiles({ name: 'evil.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(svg) });
      await submit(page);
      // Until it has ended the receipt still grows, and a link that moves under the pointer is not clicked.
      await page.locator('[data-state="completed"], [data-state="dead"]').first().waitFor(WITHIN);
      await page.getByText('What was asked for').click(WITHIN);
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'evil.svg' }).click();
      expect((await download).suggestedFilename()).toBe('evil.svg');
      expect(complaints).toEqual([]);
    });

    it('a file that is too large is named before it is sent, and by the server where JavaScript is off', async () => {
      const page = await open('/?type=thumbnail');
      await page.getByLabel('Picture').setInputFiles(tooLarge);
      const said: string = await page.evaluate(`document.querySelector('input[type=file]').validationMessage`);
      expect(said).toBe('This file is larger than 10 MiB.');
      await context.close();
      const plain = await open('/?type=thumbnail', { javaScriptEnabled: false });
      await plain.getByLabel('Picture').setInputFiles(tooLarge);
      await plain.getByLabel('Width').fill('77');
      await submit(plain);
      await plain.getByText('Picture at most 10 MiB').first().waitFor(WITHIN);
      expect(await plain.getByLabel('Width').inputValue()).toBe('77');
    });

    it('a check of a private address is refused on its receipt', async () => {
      const page = await open('/?type=http-check');
      await page.getByLabel('Address').fill('http://0x7f000001/');
      await submit(page);
      await page.locator('[data-state="dead"]').waitFor(WITHIN);
      expect(await page.getByText('BLOCKED_ADDRESS', { exact: true }).isVisible()).toBe(true);
    });

    it('a long job shows how far it is', async () => {
      const page = await open('/?type=sleep');
      await page.getByLabel('Seconds').fill('100');
      await submit(page);
      const bar = page.locator('progress[value]');
      await bar.waitFor(WITHIN);
      const before = await bar.getAttribute('value');
      await page.locator(`progress[value]:not([value="${before}"])`).waitFor(WITHIN);
    });
  },
);
