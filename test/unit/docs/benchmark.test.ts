import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readmeTable } from '../../bench/report/pages.ts';
import { readResults } from '../../bench/report/publish.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const RESULTS = join(ROOT, 'docs', 'bench', 'results.json');
const [BEGIN, END] = ['<!-- bench:begin -->', '<!-- bench:end -->'];

test('the README shows the figures that the benchmark printed, and no others', async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(readme).toContain(BEGIN);
  const part = readme.slice(readme.indexOf(BEGIN), readme.indexOf(END));
  expect(part).toBe(existsSync(RESULTS) ? readmeTable(await readResults(RESULTS)) : `${BEGIN}\n`);
});
