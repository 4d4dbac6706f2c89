import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const BINARY = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';
/** Why browser tests are left out here; undefined when a Chromium is there. */
export const noBrowser = existsSync(BINARY)
  ? undefined
  : `no Chromium at ${BINARY}; install one, or name it in CHROMIUM_BIN`;

const ARGS =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: BINARY, args: ARGS.split(' ') });

/** Everything that a page complains of: errors, refused content, dialogs. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return complaints;
}

const axeSource = readFileSync(fileURLToPath(import.meta.resolve('axe-core')), 'utf8');

/** What the accessibility checker finds on the page as it stands. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axeSource);
  const found: { violations: { id: string; nodes: { html: string }[] }[] } = await page.evaluate('axe.run()');
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' ')}`);
}
