import { handlers } from '@prodwork/worker/registry';
import { defineJob } from 'prodwork/job/define-job';
import { parseFileRef } from 'prodwork/job/file-ref';
import { handle } from 'prodwork/job/handle';
import sharp from 'sharp';
import { Type } from 'typebox';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contentOf } from '../../support/file-content.ts';
import { until } from '../../support/until.ts';
import { type WorkerUnderTest, workerWith } from '../../support/worker-under-test.ts';

let made: WorkerUnderTest;
beforeEach(async () => {
  made = await workerWith(handlers, { drainMs: 1 });
});
afterEach(() => made.worker.stop());

const DAY = 24 * 3600 * 1000;
const store = async (name: string, content: Buffer | string): Promise<string> =>
  (await made.files.write({ name, content: [Buffer.from(content)], keepMs: DAY })).ref;
const outcomeOf = (type: string, payload: unknown) => {
  const claim = made.consumer.give(type, payload);
  return until('the job is settled', () => made.consumer.outcomeOf(claim), 30_000);
};
const resultOf = async <T>(type: string, payload: unknown): Promise<T> => {
  const outcome = await outcomeOf(type, payload);
  if (outcome.kind !== 'complete') throw new Error(`unexpected: ${JSON.stringify(outcome)}`);
  expect(outcome.verified).toBeDefined();
  return JSON.parse(outcome.resultJson) as T;
};
const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#3453d1' }, limitInputPixels: false });

interface Picture {
  readonly picture: string;
  readonly width: number;
  readonly height: number;
  readonly from: string;
}

describe('thumbnail', () => {
  test.each(['png', 'jpeg', 'webp', 'gif', 'avif'] as const)('makes a %s smaller, and it decodes', async (format) => {
    const file = await store(`cat.${format}`, await plain(600, 300).toFormat(format).toBuffer());
    const result = await resultOf<Picture>('thumbnail', { file, width: 120 });
    expect(result).toMatchObject({ width: 120, height: 60, from: expect.stringContaining('600 × 300') });
    expect(parseFileRef(result.picture)?.name).toBe('cat-120.webp');
    const { width, height, format: kept } = await sharp(await contentOf(made.files, result.picture)).metadata();
    expect([width, height, kept]).toEqual([120, 60, 'webp']);
  });

  test('turns a photograph the right way up', async () => {
    const file = await store('p.jpg', await plain(400, 200).withMetadata({ orientation: 6 }).jpeg().toBuffer());
    expect(await resultOf<Picture>('thumbnail', { file, width: 50 })).toMatchObject({ width: 50, height: 100 });
  });

  test('a small file that unpacks to more than 50 megapixels fails cleanly and for good', async () => {
    const bomb = await plain(8_000, 8_000).png({ compressionLevel: 9 }).toBuffer();
    expect(bomb.length).toBeLessThan(1024 * 1024);
    const outcome = await outcomeOf('thumbnail', { file: await store('bomb.png', bomb), width: 100 });
    expect(outcome).toMatchObject({ kind: 'bury', error: { code: 'HANDLER_FAILED', message: /pixel limit/ } });
  });

  test.each([
    ['a script with the name of a picture', '<script>alert(1)</script>'],
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'],
    ['a picture that ends after its first bytes', '\x89PNG\r\n\x1a\n'],
  ])('%s is dead at once', async (_what, content) => {
    const file = await store('cat.png', Buffer.from(content, 'latin1'));
    expect(await outcomeOf('thumbnail', { file, width: 100 })).toMatchObject({ kind: 'bury' });
  });

  test('a file that is no longer kept is named, and not tried again', async () => {
    const file = 'file:abcdefghijklmnopqrstuv/cat.png';
    const outcome = await outcomeOf('thumbnail', { file, width: 100 });
    expect(outcome).toMatchObject({ kind: 'bury', error: { code: 'FILE_NOT_FOUND' } });
  });

  test('ends when it is cancelled', async () => {
    const file = await store('big.png', await plain(4_000, 4_000).png().toBuffer());
    const claim = made.consumer.give('thumbnail', { file, width: 2_000 });
    made.consumer.context.events.onCancel(claim.id, claim.fence);
    expect(await until('it is settled', () => made.consumer.outcomeOf(claim))).toEqual({ kind: 'cancel' });
    await until('its slot is free', () => made.worker.status.jobs === 0);
  });
});

test('A17: a file of 50 MB is refused for good, and nothing of it is kept', async () => {
  const type = defineJob({ type: 'large', input: Type.Object({}) });
  const large = handle(type, {
    run: (_payload, { files }) => files.write('large.bin', Buffer.alloc(50 * 1024 * 1024)),
  });
  const { worker, consumer } = await workerWith([large], { drainMs: 1 });
  const claim = consumer.give('large', {});
  expect(await until('it is settled', () => consumer.outcomeOf(claim))).toMatchObject({
    kind: 'bury',
    error: { code: 'FILE_TOO_LARGE', message: /10 MiB/ },
  });
  await worker.stop();
});

interface Report {
  readonly rows: number;
  readonly chart: string;
  readonly columns: readonly Record<string, unknown>[];
}

describe('csv-report', () => {
  test('says of each column what is in it', async () => {
    const text = 'city,people,note\nBerlin,3755251,\n"Hamburg, Altona",1892122,x\nMunich,1512491,x\n';
    const { rows, columns } = await resultOf<Report>('csv-report', { text });
    expect(rows).toBe(3);
    expect(columns).toEqual([
      { name: 'city', kind: 'text', filled: 3, distinct: 3, commonest: 'Berlin' },
      { name: 'people', kind: 'number', filled: 3, distinct: 3, least: 1512491, mean: 2386620, most: 3755251 },
      { name: 'note', kind: 'text', filled: 2, distinct: 1, commonest: 'x' },
    ]);
  });

  test('reads semicolons with decimal commas, a byte order mark, and names that are missing or come twice', async () => {
    const file = await store('a.csv', '\ufeffa;a;\r\n1,5;2;\r\n2,5;;\r\n');
    const { columns } = await resultOf<Report>('csv-report', { file });
    expect(columns).toEqual([
      { name: 'a', kind: 'number', filled: 2, distinct: 2, least: 1.5, mean: 2, most: 2.5 },
      { name: 'a (2)', kind: 'number', filled: 1, distinct: 1, least: 2, mean: 2, most: 2 },
      { name: 'column 3', kind: 'empty', filled: 0, distinct: 0 },
    ]);
  });

  test.each([
    ['numbers', 'size\n1\n2\n9', 'size'],
    ['texts', 'name\nx\nx\ny', 'name: the most frequent'],
    ['nothing', 'name\n', 'No values to draw'],
  ])('draws %s', async (_what, text, title) => {
    const { chart } = await resultOf<Report>('csv-report', { text });
    expect(parseFileRef(chart)?.name).toBe('chart.svg');
    const svg = await contentOf(made.files, chart);
    expect(svg.toString()).toContain(`>${title}<`);
    // It is well-formed: a strict reader takes it.
    expect(wellFormed(svg).startsWith('<svg ')).toBe(true);
  });

  test('markup in the table stays text in the chart', async () => {
    const evil = '</text><script>alert(1)</script>&';
    const { chart } = await resultOf<Report>('csv-report', { text: `"${evil}"\n1\n2\n` });
    const svg = (await contentOf(made.files, chart)).toString();
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;');
  });

  test.each([
    ['an open quote', 'a,b\n"1,2'],
    ['no line at all', '\n\n'],
    ['51 columns', Array.from({ length: 51 }, (_, at) => `c${at}`).join(',')],
    ['a NUL', 'a\n\0'],
  ])('%s is dead at once, and says why', async (_what, content) => {
    const outcome = await outcomeOf('csv-report', { file: await store('a.csv', content) });
    expect(outcome).toMatchObject({ kind: 'bury', error: { code: 'HANDLER_FAILED' } });
  });

  test('wants a file or a text, and not both', async () => {
    const file = await store('a.csv', 'a\n1');
    for (const payload of [{}, { file, text: 'a\n1' }]) {
      expect(await outcomeOf('csv-report', payload)).toMatchObject({
        kind: 'bury',
        error: { code: 'INVALID_PAYLOAD' },
      });
    }
  });

  test('a large table leaves the event loop free, and can be stopped as soon as it has begun', async () => {
    const line = `${'1234,'.repeat(20)}x\n`;
    const file = await store('a.csv', `${'c,'.repeat(20)}d\n${line.repeat(80_000)}`);
    // Its first word is heard while it works: were it on this loop, nothing could be heard before its end.
    made.consumer.reportProgress = ({ id, fence }) => made.consumer.context.events.onCancel(id, fence);
    const claim = made.consumer.give('csv-report', { file });
    expect(await until('it is settled', () => made.consumer.outcomeOf(claim))).toEqual({ kind: 'cancel' });
    await until('its slot is free', () => made.worker.status.jobs === 0);
  });
});

/** Text of an XML document in which every element is closed by its own name. */
function wellFormed(svg: Buffer): string {
  const text = svg.toString();
  const open: string[] = [];
  for (const [, close = '', name = '', self = ''] of text.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (self === '/') continue;
    if (close === '') open.push(name);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual([]);
  return text;
}
