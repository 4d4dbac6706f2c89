import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { figuresOf, type HistoryFigures, withFigures } from '../../bench/history/page.ts';

const figures: HistoryFigures = {
  command: 'npm run bench -- --history',
  at: '2026-01-02T03:04:05.000Z',
  machine: { cpu: 'A CPU', cores: 2, memoryGiB: 8, system: 'Linux' },
  load: 0.25,
  postgres: '17.1',
  jobs: 100_000,
  rows: 1_000_000,
  measurements: [{ id: 'history.search id', value: 0.4, unit: 'ms', detail: 'p50' }],
};

describe('the figures of the history', () => {
  it('say where they come from, and what was measured', () => {
    const text = figuresOf(figures);
    expect(text).toContain('`npm run bench -- --history` on 2026-01-02');
    expect(text).toContain('1,000,000 rows');
    expect(text).toContain('was 0.3 when it began');
    expect(text).toContain('| search id | 0.4 ms | p50 |');
  });

  it('replace the older ones between the markers, and touch nothing else', () => {
    const page = withFigures('before\n<!-- history:begin -->\nold\n<!-- history:end -->\nafter\n', 'new');
    expect(page).toBe('before\n<!-- history:begin -->\nnew\n<!-- history:end -->\nafter\n');
    expect(withFigures(page, 'new')).toBe(page);
  });

  it('stand in the docs, over the promised million of rows', () => {
    const page = readFileSync(new URL('../../../docs/history.md', import.meta.url), 'utf8');
    expect(page).toMatch(/<!-- history:begin -->\nPrinted by `npm run bench -- --history`/);
    expect(page).toContain('filled up to 1,000,000 rows');
  });

  it('are written nowhere when the page has no place for them', () => {
    expect(() => withFigures('a page', 'new')).toThrow(/history:begin/);
  });
});
