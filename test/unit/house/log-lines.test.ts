import { setImmediate as nextTurn } from 'node:timers/promises';
import { batchedLines } from 'prodwork/log';
import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';

function target() {
  const texts: string[] = [];
  let flushes = 0;
  const sink = batchedLines({ write: (text) => texts.push(text), flushSync: () => flushes++ });
  return { sink, texts, flushes: () => flushes };
}

test('the lines of one turn of the event loop are written together, in their order', async () => {
  const { sink, texts } = target();
  sink.write('one\n');
  sink.write('two\n');
  expect(texts).toEqual([]);
  await nextTurn();
  expect(texts).toEqual(['one\ntwo\n']);
});

test('lines that follow at once are held back for a moment, not longer', async () => {
  const { sink, texts } = target();
  sink.write('one\n');
  await nextTurn();
  sink.write('two\n');
  sink.write('three\n');
  await until('they are written', () => texts.length === 2);
  expect(texts[1]).toBe('two\nthree\n');
});

test('what is held back is written out when the process is about to end', () => {
  const { sink, texts, flushes } = target();
  sink.write('last words\n');
  sink.flushSync();
  expect([texts, flushes()]).toEqual([['last words\n'], 1]);
});
