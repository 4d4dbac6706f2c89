import { noteboardSettings } from '@prodwork/noteboard/config';
import { producerSettings } from '@prodwork/producer/config';
import { workerSettings } from '@prodwork/worker/config';
import { engineSettings } from 'prodwork/config/engine';
import type { Setting } from 'prodwork/config/env';
import { historySettings } from 'prodwork/config/history';
import { ERRORS } from 'prodwork/errors';
import { expect, test } from 'vitest';
import { markdownTable, printedPart } from '../../support/doc-table.ts';

const page = (name: string): URL => new URL(`../../../docs/${name}`, import.meta.url);

test('docs/errors.md lists every code with its status', () => {
  const rows = Object.entries(ERRORS).map(([code, { status, title }]) => [`\`${code}\``, String(status), title]);
  const table = markdownTable(['Code', 'HTTP status', 'Meaning'], rows);
  expect(printedPart(page('errors.md'), table)).toBe(table);
});

function settingsTable(settings: { readonly [key: string]: Setting<unknown> }): string {
  const rows = Object.values(settings).map(({ name, fallback, range, description }) => [
    `\`${name}\``,
    fallback === '' ? '(none)' : `\`${fallback}\``,
    range,
    description,
  ]);
  return markdownTable(['Name', 'Default', 'Range', 'What it does'], rows);
}

test('docs/configuration.md lists every setting with its default, range and consequence', () => {
  const own = (settings: { readonly [key: string]: Setting<unknown> }) =>
    Object.fromEntries(Object.entries(settings).filter(([key]) => !(key in engineSettings)));
  const text = [
    '## Shared by producer and worker',
    settingsTable(engineSettings),
    '## Producer',
    settingsTable(own(producerSettings)),
    '## Worker',
    settingsTable(own(workerSettings)),
    '## History, read by producer and worker',
    settingsTable(historySettings),
    '## Noteboard',
    settingsTable(noteboardSettings),
  ].join('\n\n');
  expect(printedPart(page('configuration.md'), text)).toBe(text);
});
