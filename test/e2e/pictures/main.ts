/** `npm run pictures`: takes the pictures of the README and the guides, of a real stack in a real Chromium. */
import { mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { ProdworkClient } from 'prodwork/client';
import { findChromium } from '../../../compose/run/checks/chromium.ts';
import { findServerBinary } from '../../../compose/run/redis/find.ts';
import { machineProbes } from '../../../compose/run/redis/probes.ts';

const FOLDER = resolve(import.meta.dirname, '../../../docs/pictures');
const DESK = { width: 1120, height: 700 };
const PHONE = { width: 390, height: 760 };

const say = (text: string): void => void process.stdout.write(`prodwork: ${text}\n`);

async function takePictures(browser: Browser, url: string): Promise<void> {
  const client = new ProdworkClient({ url });
  const take = async (
    name: string,
    look: { readonly viewport: typeof DESK; readonly colorScheme: 'light' | 'dark' },
    steps: (page: Page) => Promise<void>,
  ): Promise<void> => {
    const context = await browser.newContext({ ...look, locale: 'en-GB', timezoneId: 'UTC' });
    const page = await context.newPage();
    await steps(page);
    const path = join(FOLDER, `${name}.png`);
    await page.screenshot({ path });
    await context.close();
    say(`docs/pictures/${name}.png (${Math.round(statSync(path).size / 1024)} KiB)`);
  };

  // Something of everything: what is done, what is dead, what is due later, and a queue to watch.
  const done = await client.submit('sleep', { seconds: 1.2 });
  await client.wait(done.id);
  await client.submit('sleep', { seconds: 1 }, { delayMs: 3_600_000 });
  const cancelled = await client.submit('primes', { upTo: 100_000 }, { delayMs: 3_600_000 });
  await client.cancel(cancelled.id);
  const jobs = Array.from({ length: 40 }, (_, n) => ({ type: 'sleep', payload: { seconds: 20 + (n % 7) } }));
  await client.submitBulk(jobs);

  await take('form', { viewport: DESK, colorScheme: 'light' }, async (page) => {
    await page.goto(url);
    await page.getByRole('img', { name: '2 of 2 slots busy' }).nth(2).waitFor();
    await page.getByText(/done a second/).waitFor();
  });
  await take('receipt', { viewport: PHONE, colorScheme: 'dark' }, async (page) => {
    await page.goto(`${url}/jobs/${done.id}`);
    await page.locator('[data-state="completed"]').waitFor();
  });
  await take('batch', { viewport: DESK, colorScheme: 'dark' }, async (page) => {
    await page.goto(`${url}/?type=primes`);
    await page.getByLabel('Up to').fill('200000');
    await page.getByLabel('Copies').fill('300');
    await page.getByText('More options').click();
    await page.getByLabel('Priority').selectOption('high');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.locator('.cell.state-completed').nth(12).waitFor();
  });
  await take('dashboard', { viewport: DESK, colorScheme: 'light' }, async (page) => {
    await page.goto((await client.signIn()).url);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Queues' }).waitFor();
    await page.getByText('live', { exact: true }).waitFor();
  });
}

async function main(): Promise<number> {
  const chromium = await findChromium(process.env, say);
  if (chromium === undefined) {
    say('no Chromium on PATH: install one');
    return 1;
  }
  process.env.CHROMIUM_BIN = chromium;
  process.env.REDIS_SERVER_BIN = (await findServerBinary(machineProbes(process.env, say))).path;
  mkdirSync(FOLDER, { recursive: true });
  // These read where the two programs are when they are loaded.
  const { launchBrowser } = await import('../../support/browser.ts');
  const { startRedis } = await import('../../support/redis-server.ts');
  const { startProducer } = await import('../../support/producer-process.ts');
  const { startWorker } = await import('../../support/worker-process.ts');
  const redis = await startRedis();
  const env = { REDIS_URL: redis.url, PRODUCER_NAME: 'producer-1', WORKER_SLOTS: '2', LOG_LEVEL: 'info' };
  const producer = await startProducer(env);
  const workers = await Promise.all([1, 2, 3].map((number) => startWorker(`worker-${number}`, env)));
  const browser = await launchBrowser();
  try {
    await takePictures(browser, producer.url);
    return 0;
  } finally {
    await browser.close();
    for (const worker of workers) worker.signal('SIGKILL');
    producer.signal('SIGTERM');
    await producer.ended;
    await redis.stop();
  }
}

process.exitCode = await main();
