import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Consumer } from 'prodwork/engine/consumer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandRun, runCommand } from '../../support/cli-process.ts';
import {
  consumerContext,
  jobCount,
  type ProducerUnderTest,
  post,
  producer,
  tokenLine,
  tokensFile,
} from '../../support/producer-under-test.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';

let test: ProducerUnderTest;
let consumer: Consumer;
let base: string;
const dir = mkdtempSync(join(tmpdir(), 'prodwork-cli-'));
beforeAll(async () => {
  test = await producer();
  base = await test.listen();
  consumer = test.engine.consumer(
    consumerContext(
      {
        onClaims: (claims) => {
          for (const claim of claims) {
            const outcome =
              claim.type === 'primes'
                ? ({ kind: 'bury', error: { code: 'HANDLER_FAILED', message: 'no \u001b[31mred' } } as const)
                : ({ kind: 'complete', resultJson: '{"slept":1}' } as const);
            setImmediate(() => void consumer.settle(claim, outcome));
          }
        },
      },
      { slots: 100 },
    ),
  );
  await consumer.start();
});
afterAll(async () => {
  await consumer.stop();
  await test.close();
  rmSync(dir, { recursive: true });
});

const run = (args: string, input?: string): Promise<CommandRun> =>
  runCommand(args.split(' ').filter(Boolean), { PRODWORK_URL: base }, input);
const json = async <T = Record<string, unknown>>(args: string, input?: string): Promise<T> => {
  const { out, err } = await run(`--json ${args}`, input);
  expect(err).toBe('');
  return JSON.parse(out) as T;
};

describe('prodwork', () => {
  it('submits a job and stays until it has ended', async () => {
    const { code, out } = await run('submit sleep - --watch', '{"seconds": 0}');
    expect(code).toBe(0);
    expect(out).toMatch(/^state {5}completed$/m);
    expect(await json('submit sleep - --watch', '{"seconds": 0}')).toMatchObject({ state: 'completed' });
  });

  it('uploads files for fields of the payload, and names what it cannot read', async () => {
    const path = join(dir, 'cat.csv');
    writeFileSync(path, 'a,b\n1,2\n');
    const { payload } = await json<{ payload: { value: string } }>(`submit anything {} --file value=${path}`);
    expect(payload.value).toMatch(/^file:[A-Za-z0-9_-]{22}\/cat\.csv$/);
    expect(await test.files.find(payload.value)).toMatchObject({ name: 'cat.csv', bytes: 8, type: 'text/csv' });
    const { code, err } = await run(`submit anything {} --file value=${path}x`);
    expect(code).toBe(2);
    expect(err).toContain('cat.csvx');
  });

  it('exits 1 when the watched job did not complete, and shows its error without control characters', async () => {
    const { code, out } = await run('submit primes - --watch --attempts 1', '{"upTo": 10}');
    expect(code).toBe(1);
    expect(out).toContain('HANDLER_FAILED: no \u00b7[31mred');
    expect(out).not.toContain('\u001b');
  });

  it('lists, shows and explains jobs, tables for people and one JSON text for programs', async () => {
    const { id } = (await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 }, delayMs: 3_600_000 }))).json();
    expect((await run('ls --state scheduled')).out).toMatch(/^ID +TYPE +STATE +ATTEMPTS +AGE/);
    expect(await json('ls --state scheduled')).toMatchObject({ jobs: [{ id }] });
    expect((await run(`show ${id}`)).out).toContain('"seconds":1');
    expect((await run(`why ${id}`)).out).toMatch(/^scheduled \(due-later\): /);
    expect(await json('workers')).toMatchObject({ workers: [{ name: 'worker-1' }] });
    expect((await run('queues')).out).toMatch(/^default +open/m);
  });

  it('cancels, retries and deletes; the same again says so', async () => {
    await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 }, id: 'later', delayMs: 3_600_000 }));
    expect((await run('cancel later')).out).toBe('later: cancelled\n');
    expect((await run('cancel later')).out).toContain('nothing to do');
    expect(await json('delete later')).toEqual({ id: 'later', answer: 'removed' });
    expect(await run('show later')).toMatchObject({ code: 1, out: '' });
    expect(await run('retry later')).toMatchObject({ code: 1, err: expect.stringContaining('NOT_FOUND') });
  });

  it('holds a queue and lets it go on', async () => {
    expect(await run('pause side')).toMatchObject({ code: 0, out: 'side: held\n' });
    expect(await json('resume side')).toEqual({ queue: 'side', answer: 'resumed' });
  });

  it('reports progress of 10,000 jobs in one call and names their one bad line', async () => {
    const before = await jobCount(test.app);
    const lines = Array.from({ length: 10_000 }, (_, n) =>
      JSON.stringify({ type: 'sleep', payload: { seconds: n === 4_710 ? 'many' : 0 } }),
    );
    const file = join(dir, 'jobs.ndjson');
    writeFileSync(file, lines.join('\n'));
    const { code, out, err } = await run(`bulk ${file}`);
    expect(out).toBe('9999 of 10000 jobs are stored\nline 4711: INVALID_PAYLOAD: payload.seconds must be a number.\n');
    expect(code).toBe(1);
    expect(err.match(/^\d+ of 10000 jobs sent$/gm)?.length).toBe(10);
    expect(await jobCount(test.app)).toBe(before + 9_999);
  });

  it('names lines that are no JSON, and sends the others', async () => {
    const answer = await run('--json bulk -', '{"type":"sleep","payload":{"seconds":0}}\n\n{broken\n[]\n');
    expect(answer.code).toBe(1);
    expect(JSON.parse(answer.out)).toMatchObject({
      stored: [{ line: 1 }],
      refused: [
        { line: 3, error: { code: 'INVALID_BODY' } },
        { line: 4, error: { code: 'INVALID_BODY' } },
      ],
    });
  });

  it.each([
    ['submit sleep {', /the payload is not JSON/],
    ['submit sleep @/not/there', /\/not\/there cannot be read/],
    ['bulk /not/there', /cannot be read/],
    ['ls --state lost', /Allowed choices are/],
    ['ls --limit many', /whole number/],
    ['lss', /did you mean ls/i],
    ['--url nowhere ls', /is no address/],
  ])('exits 2 and says what is wrong with: %s', async (args, words) => {
    const { code, out, err } = await run(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(words);
  });

  it('exits 1 with code, field and rule when the producer refuses', async () => {
    const { code, err } = await run('submit sleep -', '{"seconds": -1}');
    expect(code).toBe(1);
    expect(err).toMatch(/^INVALID_PAYLOAD: .*\n {2}field: payload\.seconds\n {2}rule: {2}must be at least 0/);
  });

  it('signs an operator in, with a token where tokens are in force, and never prints one', async () => {
    const file = tokensFile([tokenLine('ops', 'operate', 'o-token'), tokenLine('shop', 'submit', 's-token')]);
    const guarded = await producer({ tokensFile: file.path });
    const url = await guarded.listen();
    const ask = (token: string, ...args: string[]) => runCommand(args, { PRODWORK_URL: url, PRODWORK_TOKEN: token });
    expect((await ask('', 'sign-in')).err).toMatch(/^UNAUTHENTICATED/);
    expect((await ask('s-token', 'sign-in')).err).toMatch(/^FORBIDDEN/);
    const { out } = await ask('o-token', 'sign-in');
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/dashboard\/sign-in\?code=\S+\nOpen it within 5 min\./);
    expect((await ask('o-token', '--help')).out).not.toContain('o-token');
    await guarded.close();
    file.remove();
  });
});

describe('prodwork without its producer or its Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('exits 3 when nobody answers', async () => {
    // Port 9 belongs to another protocol: nothing is sent there, whatever listens.
    const { code, err } = await runCommand(['workers'], { PRODWORK_URL: 'http://127.0.0.1:9' });
    expect(code).toBe(3);
    expect(err).toContain('--url or PRODWORK_URL says where it is');
  });

  it('examines a Redis, and never prints its address', async () => {
    const secret = redis.url.replace('redis://', 'redis://default:pass-word@');
    const help = await runCommand(['doctor', '--help'], { REDIS_URL: secret });
    expect(help.out).not.toContain('pass-word');
    const { out } = await runCommand(['--json', 'doctor'], { REDIS_URL: redis.url });
    const { findings } = JSON.parse(out) as { findings: { level: string }[] };
    expect(findings.map(({ level }) => level)).toContain('ok');
  });
});
