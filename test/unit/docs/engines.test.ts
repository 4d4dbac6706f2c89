import { PROMISES } from 'prodwork/engine/promises';
import { expect, test } from 'vitest';
import { markdownTable, printedPart } from '../../support/doc-table.ts';

const WORDS: { readonly [promise in keyof (typeof PROMISES)['lease']]: string } = {
  survivesWorkerDeath: 'a killed worker’s job is started again',
  fencedSettle: 'a worker that lost its lease is told so, and writes nothing',
  fence: 'a fence that grows with every delivery',
  delay: 'delays (`delayMs`, `runAt`)',
  priorities: 'priorities',
  turns: 'lanes of one priority take turns',
  retries: 'failed attempts are tried again with backoff',
  handBack: 'a leaving worker hands its jobs back',
  idempotentSubmit: 'chosen ids and idempotency keys',
  cancel: 'cancel',
  pause: 'pause and resume',
  atMostOnceTypes: 'at-most-once types',
  results: 'a finished job can be read, with its result',
  ableRouting: 'jobs go only to workers that know the type',
  operatorRetry: 'a finished job can be reopened',
  fsync: '`QUEUE_DURABILITY=fsync`',
};

test('docs/engines.md says of each engine what its promises say', () => {
  const engines = ['lease', 'brpop', 'bullmq', 'memory'] as const;
  const rows = Object.keys(PROMISES.lease).map((key) => {
    const promise = key as keyof typeof WORDS;
    return [WORDS[promise], ...engines.map((engine) => (PROMISES[engine][promise] ? 'yes' : '**no**'))];
  });
  const table = markdownTable(['Promise', ...engines.map((engine) => `\`${engine}\``)], rows);
  expect(printedPart(new URL('../../../docs/engines.md', import.meta.url), table)).toBe(table);
});
