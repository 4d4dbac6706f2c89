import type { HistoryFilter } from 'prodwork/engine/history';
import type { HistoryLab } from '../../support/history-lab.ts';
import type { Measurement } from './page.ts';

const RUNS = 40;
const START = 1_780_000_000_000;

const SEARCHES: readonly (readonly [string, (run: number) => Partial<HistoryFilter>])[] = [
  ['latest', () => ({})],
  ['type', () => ({ type: 'report' })],
  ['state', () => ({ state: 'dead' })],
  ['type and state', () => ({ type: 'report', state: 'dead' })],
  ['time', (run) => ({ from: START + run * 100_000, to: START + run * 100_000 + 3_600_000 })],
  ['tag', (run) => ({ tag: `tenant-${(run * 10) % 1_000}` })],
  ['rare word', (run) => ({ q: `customer-${run * 911}` })],
  ['common word', () => ({ q: 'word1' })],
  ['two words', () => ({ q: 'word1 wordz' })],
  ['word and state', () => ({ q: 'word2', state: 'dead' })],
  ['word that is nowhere', () => ({ q: 'nowhere' })],
];

export async function searchTimes(lab: HistoryLab): Promise<readonly Measurement[]> {
  const found: Measurement[] = [];
  const measure = async (name: string, look: (run: number) => Promise<unknown>): Promise<void> => {
    await look(0);
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const startedAt = performance.now();
      await look(run);
      times.push(performance.now() - startedAt);
    }
    times.sort((a, b) => a - b);
    const at = (share: number): number => Number((times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(2));
    found.push({
      id: `history.search ${name}`,
      value: at(0.5),
      unit: 'ms',
      detail: `p50; worst of ${RUNS}: ${at(1)} ms`,
    });
  };
  await measure('id', (run) => lab.history.find(`lab.0.${(run * 997).toString(36).padStart(22, 'A')}`, 'lab'));
  for (const [name, filter] of SEARCHES) {
    await measure(name, (run) => lab.history.search({ queue: 'lab', limit: 50, ...filter(run) }));
  }
  await measure('tenth page', async () => {
    let cursor: string | undefined;
    for (let page = 0; page < 10; page++) {
      cursor = (await lab.history.search({ queue: 'lab', limit: 50, ...(cursor && { cursor }) })).cursor;
    }
  });
  return found;
}
