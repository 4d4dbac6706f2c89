import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '@prodwork/producer/app';
import { type ProducerConfig, readConfig } from '@prodwork/producer/config';
import type { Dependencies } from '@prodwork/producer/dependencies';
import { systemClock } from 'prodwork/clock';
import type { ConsumerContext, ConsumerEvents } from 'prodwork/engine/consumer';
import { type MemoryEngine, memoryEngine } from 'prodwork/engines/memory/engine';
import type { FileStore } from 'prodwork/files/file-store';
import { memoryFiles } from 'prodwork/files/memory-store';
import { defineJob } from 'prodwork/job/define-job';
import { primes } from 'prodwork/jobs/primes';
import { sleep } from 'prodwork/jobs/sleep';
import { createLog } from 'prodwork/log';
import { onceInMemory } from 'prodwork/redis/once';
import { Type } from 'typebox';

/** A type with one field of every kind that the form knows. */
export const everything = defineJob({
  type: 'everything',
  title: 'Every kind of field',
  input: Type.Object(
    {
      text: Type.String({ maxLength: 100 }),
      story: Type.Optional(Type.String()),
      count: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
      ratio: Type.Optional(Type.Number({ default: 0.5 })),
      isLoud: Type.Optional(Type.Boolean()),
      colour: Type.Optional(Type.Union([Type.Literal('red'), Type.Literal('green')])),
      priority: Type.Optional(Type.Integer({ description: 'Has the name of a control of the form itself.' })),
      list: Type.Optional(Type.Array(Type.Integer())),
    },
    { additionalProperties: false },
  ),
});

/** Takes any JSON: for what is stored and shown. */
export const anything = defineJob({ type: 'anything', input: Type.Object({ value: Type.Unknown() }) });

export interface ProducerUnderTest {
  readonly app: Awaited<ReturnType<typeof buildApp>>;
  readonly engine: MemoryEngine;
  readonly config: ProducerConfig;
  readonly files: FileStore;
  /** `http://127.0.0.1:port`, after listening on a free port. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

export const quietLog = createLog({ name: 'test', level: 'silent', format: 'json' });

export function testConfig(over: Partial<ProducerConfig> = {}): ProducerConfig {
  return { ...readConfig({ PRODUCER_NAME: 'replica-1' }), apiPerSecond: 1_000_000, pagesPerSecond: 1_000_000, ...over };
}

/** The real application on the memory engine. `over` replaces single dependencies. */
export async function producer(
  config: Partial<ProducerConfig> = {},
  over: (engine: MemoryEngine) => Partial<Dependencies> = () => ({}),
): Promise<ProducerUnderTest> {
  const engine = memoryEngine();
  const [submitter, inspector] = [engine.submitter(), engine.inspector()];
  await submitter.start();
  await inspector.start();
  const whole = testConfig(config);
  const files = memoryFiles({ quotaBytes: whole.filesBytes });
  const app = await buildApp({
    config: whole,
    log: quietLog,
    clock: systemClock,
    jobTypes: [sleep, primes, everything, anything],
    engine,
    submitter,
    inspector,
    once: onceInMemory(),
    files,
    ...over(engine),
  });
  return {
    app,
    engine,
    config: whole,
    files,
    listen: () => app.listen({ port: 0, host: '127.0.0.1' }),
    async close() {
      // As the real server does after its drain: a connection whose answer the test never read is not idle.
      const late = setTimeout(() => app.server.closeAllConnections(), 1_000);
      await app.close();
      clearTimeout(late);
      await inspector.stop();
      await submitter.stop();
      await engine.close();
    },
  };
}

export const post = (body: unknown, headers: Record<string, string> = {}) =>
  ({
    method: 'POST',
    url: '/api/jobs',
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
  }) as const;

export const postForm = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  ({
    method: 'POST',
    url: '/jobs',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: new URLSearchParams(fields).toString(),
  }) as const;

/** What a page's form would send, with its token. */
export function tokenOf(page: string): string {
  const token = /name="token" value="([^"]+)"/.exec(page)?.[1];
  if (token === undefined) throw new Error('the page has no token');
  return token;
}

/** How many jobs the queue has, in whatever state. */
export async function jobCount(app: ProducerUnderTest['app']): Promise<number> {
  const { queues } = (await app.inject('/api/queues')).json<{ queues: { counts: Record<string, number> }[] }>();
  return queues.flatMap((queue) => Object.values(queue.counts)).reduce((sum, count) => sum + count, 0);
}

/** A worker's identity for the engine's consumer. */
export function consumerContext(
  events: Partial<ConsumerEvents>,
  over: Partial<ConsumerContext['options']> = {},
): ConsumerContext {
  return {
    options: {
      name: 'worker-1',
      incarnation: 'incarnation-1',
      host: 'host',
      pid: 1,
      version: '0.0.0',
      queue: 'default',
      slots: 2,
      types: [sleep, primes, everything, anything].map(({ type, delivery }) => ({ type, delivery })),
      ...over,
    },
    events: { onClaims() {}, onCancel() {}, onLost() {}, onFatal() {}, ...events },
    vitals: () => ({ state: 'running', rssBytes: 1, memoryLimitBytes: 0, loopLagMs: 0 }),
  };
}

export interface TokensFile {
  readonly path: string;
  write(lines: readonly string[]): void;
  remove(): void;
}

export const tokenLine = (name: string, role: string, token: string): string =>
  `${name}:${role}:${createHash('sha256').update(token).digest('hex')}`;

export function tokensFile(lines: readonly string[]): TokensFile {
  const dir = mkdtempSync(join(tmpdir(), 'prodwork-tokens-'));
  const path = join(dir, 'tokens');
  const write = (all: readonly string[]): void => writeFileSync(path, `${all.join('\n')}\n`);
  write(lines);
  return { path, write, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** The JSON of an answer, as what the test expects it to be. */
export const jsonOf = async <T = Record<string, unknown>>(answer: Response): Promise<T> => (await answer.json()) as T;
