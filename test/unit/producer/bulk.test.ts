import { splitArray, splitLines } from '@prodwork/producer/json/split-json';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jobCount, type ProducerUnderTest, producer } from '../../support/producer-under-test.ts';

let test: ProducerUnderTest;
beforeEach(async () => {
  test = await producer();
});
afterEach(() => test.close());

const job = (seconds: number): string => JSON.stringify({ type: 'sleep', payload: { seconds } });
const bulk = (payload: string | Buffer, type = 'application/x-ndjson') =>
  test.app.inject({ method: 'POST', url: '/api/jobs/bulk', headers: { 'content-type': type }, payload });

interface Results {
  readonly results: readonly {
    line: number;
    job?: { id: string; payload: unknown };
    error?: { code: string; detail: string };
  }[];
}

describe('bulk submit', () => {
  it('stores every good line and names the bad ones by number', async () => {
    const answer = await bulk([job(1), '', '{"type":', job(99_999), job(2)].join('\n'));
    expect(answer.statusCode).toBe(200);
    const { results } = answer.json<Results>();
    expect(results.map(({ line, error }) => [line, error?.code])).toEqual([
      [1, undefined],
      [3, 'INVALID_BODY'],
      [4, 'INVALID_PAYLOAD'],
      [5, undefined],
    ]);
    expect(results[3]?.job?.payload).toEqual({ seconds: 2 });
    expect(await jobCount(test.app)).toBe(2);
  });

  it('takes an array as well', async () => {
    const answer = await bulk(
      ` [ ${job(1)} , {"type":"sleep","payload":{"seconds":"],[\\""}},${job(2)}] `,
      'application/json',
    );
    expect(answer.json<Results>().results.map(({ line, error }) => [line, error?.code])).toEqual([
      [1, undefined],
      [2, 'INVALID_PAYLOAD'],
      [3, undefined],
    ]);
    expect((await bulk('[]', 'application/json')).json()).toEqual({ results: [] });
  });

  it('stores 10,000 jobs in one call, and refuses 10,001 before storing any', async () => {
    const lines = Array.from({ length: 10_001 }, () => job(1));
    const refused = await bulk(lines.join('\n'));
    expect([refused.statusCode, refused.json().code]).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await jobCount(test.app)).toBe(0);
    const taken = await bulk(lines.slice(1).join('\n'));
    expect(taken.json<Results>().results.every(({ job: stored }) => stored !== undefined)).toBe(true);
    expect(await jobCount(test.app)).toBe(10_000);
  });

  it('may be sent again when its lines have ids', async () => {
    const body = [1, 2]
      .map((n) => JSON.stringify({ type: 'sleep', payload: { seconds: n }, id: `row${n}` }))
      .join('\n');
    await bulk(body);
    expect((await bulk(body)).json<Results>().results.map((result) => result.job?.id)).toEqual(['row1', 'row2']);
    expect(await jobCount(test.app)).toBe(2);
  });

  it.each([
    ['{"type":"sleep"}', 'application/json'],
    [`[${job(1)}`, 'application/json'],
    [`[${job(1)},,${job(2)}]`, 'application/json'],
    [`[${job(1)}] x`, 'application/json'],
  ])('refuses what is no array: %s', async (body, type) => {
    expect((await bulk(body, type)).json()).toMatchObject({ status: 400, code: 'INVALID_BODY' });
    expect(await jobCount(test.app)).toBe(0);
  });

  it('lets two calls in at once, and the next ones when they are done', async () => {
    const many = Array.from({ length: 2_000 }, () => job(1)).join('\n');
    const answers = await Promise.all([bulk(many), bulk(many), bulk(many), bulk(many)]);
    const codes = answers.map((answer) => answer.statusCode);
    expect(codes.filter((code) => code === 200)).toHaveLength(2);
    expect(answers.find((answer) => answer.statusCode === 429)?.headers['retry-after']).toBe('2');
    expect((await bulk(job(1))).statusCode).toBe(200);
  });
});

describe('splitting', () => {
  it('counts empty lines, so that numbers fit the file', () => {
    expect([...splitLines('\r\n1\r\n\n 2 ')]).toEqual([
      { line: 2, text: '1' },
      { line: 4, text: '2' },
    ]);
  });

  it('is not misled by brackets, commas and quotes in strings', () => {
    expect([...splitArray('["],[\\"", {"a":[1,{"b":"}"}]}, 3]')].map(({ text }) => text)).toEqual([
      '"],[\\""',
      '{"a":[1,{"b":"}"}]}',
      '3',
    ]);
  });
});
