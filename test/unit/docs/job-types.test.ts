import { readFileSync } from 'node:fs';
import { LIMITS } from 'prodwork/job/limits';
import { jobTypes } from 'prodwork/jobs/catalog';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../../../docs/job-types.md', import.meta.url), 'utf8');

test('docs/job-types.md has a row for each type, in the order of the form, with its fields', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|/gm)].map(([, type, payload = '']) => ({
    type,
    payload,
  }));
  expect(rows.map(({ type }) => type)).toEqual(jobTypes.map(({ type }) => type));
  for (const [at, { input }] of jobTypes.entries()) {
    const named = [...(rows[at]?.payload.matchAll(/[a-z][A-Za-z]+(?=[, }])/g) ?? [])].map(([name]) => name);
    const fields = Object.keys(
      'properties' in input && typeof input.properties === 'object' ? (input.properties ?? {}) : {},
    );
    expect(named).toEqual(expect.arrayContaining(fields));
  }
});

test('docs/job-types.md gives the limits as they are', () => {
  expect(page).toContain(`at most ${LIMITS.fileBytes / 1024 / 1024} MiB`);
  expect(LIMITS.uploadKeepMs).toBe(3600 * 1000);
});
