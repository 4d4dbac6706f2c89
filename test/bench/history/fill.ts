import type { Job } from 'prodwork/job/job';
import type { HistoryLab } from '../../support/history-lab.ts';
import type { Measurement } from './page.ts';

const START = 1_780_000_000_000;
const TYPES = ['invoice', 'thumbnail', 'report', 'backup', 'mail'];
const WORDS = Array.from({ length: 5_000 }, (_, index) => `word${index.toString(36)}`);

/** The same jobs at every run: a small generator of numbers instead of chance. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function jobOf(index: number, random: () => number): Job {
  const isDead = index % 100 === 0;
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * random() * list.length)];
  return {
    id: `lab.0.${index.toString(36).padStart(22, 'A')}`,
    type: TYPES[index % TYPES.length] ?? 'invoice',
    queue: 'lab',
    state: isDead ? 'dead' : 'completed',
    payload: { customer: `customer-${index % 50_000}`, text: Array.from({ length: 12 }, () => pick(WORDS)).join(' ') },
    ...(isDead ? { error: { code: 'HANDLER_FAILED', message: 'connection refused' } } : { result: { total: index } }),
    ...(index % 10 === 0 ? { tags: [`tenant-${index % 1_000}`] } : {}),
    priority: 'normal',
    attempts: 1,
    maxAttempts: 3,
    generation: 1,
    createdAt: START + index * 80,
    finishedAt: START + index * 80 + 40,
    deliveries: [
      {
        number: 1,
        attempt: 1,
        worker: 'worker-1',
        fence: 1_780_000_000_000_000 + index,
        startedAt: START + index * 80 + 10,
        endedAt: START + index * 80 + 40,
        outcome: isDead ? 'failed' : 'completed',
      },
    ],
  };
}

export async function fill(
  lab: HistoryLab,
  rows: number,
  say: (text: string) => void,
): Promise<readonly Measurement[]> {
  const random = numbers(7);
  const startedAt = performance.now();
  let index = 0;
  for (let stored = await lab.stored(); stored < rows; stored += 500) {
    await lab.history.store(Array.from({ length: 500 }, () => jobOf(index++, random)));
    if (index % 100_000 === 0) say(`  ${stored.toLocaleString('en')} rows`);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  await lab.boot.postgres.connection(async (session) => {
    await session.query('set statement_timeout = 0');
    await session.query('analyze history_jobs');
  });
  const { rows: sizes } = await lab.boot.postgres.query(
    "select pg_table_size('history_jobs') as tables, pg_indexes_size('history_jobs') as indexes",
  );
  const { tables, indexes } = sizes[0] ?? {};
  return [
    {
      id: 'history.store',
      value: Math.round(index / Math.max(seconds, 0.001)),
      unit: 'rows/s',
      detail: 'Postgres alone, batches of 500',
    },
    {
      id: 'history.size',
      value: Math.round((Number(tables) + Number(indexes)) / rows),
      unit: 'bytes/row',
      detail: `of that ${Math.round(Number(indexes) / rows)} in indexes`,
    },
  ];
}
