import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger } from '@prodwork/worker/runtime/ledger';
import { defineJob } from 'prodwork/job/define-job';
import { handle } from 'prodwork/job/handle';
import { Type } from 'typebox';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { workerWith } from '../../support/worker-under-test.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'prodwork-ledger-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test('the ledger says what began, ended, was recorded, was lost, and what nobody knows', async () => {
  const file = join(dir, 'ledger.jsonl');
  const faults: unknown[] = [];
  const ledger = openLedger(file, 'worker-1', (error) => faults.push(error));
  const seen: string[] = [];
  const step = handle(defineJob({ type: 'step', input: Type.Object({ fails: Type.Boolean() }) }), {
    async run({ fails }) {
      // The start is in the books before the handler can do anything.
      seen.push((await readFile(file, 'utf8')).trim().split('\n').at(-1) ?? '');
      if (fails) throw new Error('no');
      return {};
    },
  });
  const { worker, consumer } = await workerWith([step], { ledger });
  const answers = ['committed', 'committed', 'lost'] as const;
  for (const [index, answer] of answers.entries()) {
    consumer.answer = async () => answer;
    const claim = consumer.give('step', { fails: index === 1 }, { generation: 2 });
    await until('it is out of hand', () => consumer.outcomeOf(claim) && worker.status.jobs === 0);
  }
  consumer.answer = () => Promise.reject(new Error('stopped'));
  consumer.give('step', { fails: false });
  await until('it is out of hand', () => consumer.settled.length === 4 && worker.status.jobs === 0);
  await worker.stop();
  ledger.close();

  const lines = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ e, id, outcome }) => [e, id, outcome].filter(Boolean).join(' '))).toEqual([
    'start job-1',
    'end job-1',
    'commit job-1 complete',
    'start job-2',
    'end job-2',
    'handback job-2 retry',
    'start job-3',
    'end job-3',
    'lost job-3',
    'start job-4',
    'end job-4',
    'commit? job-4 complete',
  ]);
  expect(lines[2]).toMatchObject({
    generation: 2,
    fence: 1,
    delivery: 1,
    attempt: 1,
    worker: 'worker-1',
    at: expect.any(Number),
  });
  expect(seen.map((line) => JSON.parse(line).e)).toEqual(['start', 'start', 'start', 'start']);
  expect(faults).toEqual([]);
});
