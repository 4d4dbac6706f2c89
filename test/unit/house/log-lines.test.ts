import { spawnSync } from 'node:child_process';
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

/** Runs `lines` in a process of its own, whose standard output is the log. */
function linesOf(format: 'json' | 'pretty', level: 'info' | 'warn', lines: string): readonly string[] {
  const setUp = `
    import { createLog, repeatedInfo } from 'prodwork/log';
    const log = createLog({ name: 'test', level: '${level}', format: '${format}' }).child({ workerId: 'w"1', type: 'sleep' });
    const one = { jobId: 'q.0.a"\\\\\\u0001ü', attempt: 2, durationMs: 0 };
  `;
  const { stdout } = spawnSync(process.execPath, [...ARGS, `${setUp}${lines}`], { cwd: HERE, encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}
const HERE = import.meta.dirname;
const ARGS = ['--conditions=source', '--input-type=module', '--eval'];
const withoutTime = (line: string): string => line.replace(/"time":"[^"]+"|\[[\d:.]+\]/, 'TIME');

test.for(['json', 'pretty'] as const)('an event that is repeated reads as any other one: %s', (format) => {
  const lines = linesOf(
    format,
    'info',
    `log.info(one, 'job completed');
    const line = repeatedInfo(log, 'job completed', Object.keys(one));
    line(...Object.values(one));
    line('another', 1, 17);`,
  );
  const [usual, repeated, another] = lines.map(withoutTime);
  expect(lines).toHaveLength(3);
  expect(usual).toContain('TIME');
  expect(repeated).toBe(usual);
  expect(another).toContain(format === 'json' ? '"jobId":"another","attempt":1,"durationMs":17,' : 'another');
});

test('an event that is repeated is left out where its level is', () => {
  const lines = linesOf(
    'json',
    'warn',
    `repeatedInfo(log, 'job completed', Object.keys(one))(...Object.values(one)); log.warn('over');`,
  );
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['over']);
});
