import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainEnv, runProgram } from '../../support/checkout-copy.ts';
import { type ProducerProcess, startProducer } from '../../support/producer-process.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { startWorker, type WorkerProcess } from '../../support/worker-process.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
/** Type checking on a machine that has other things to do. */
const SLOW_MS = 600_000;

/** What somebody who has only `/openapi.json` would write, with a client that is none of ours. */
const PROGRAM = `import createClient from 'openapi-fetch';
import type { components, paths } from './api.ts';

const client = createClient<paths>({ baseUrl: process.argv[2] ?? '' });
const refused = await client.POST('/api/jobs', { body: { type: 'sleep', payload: { seconds: -1 } } });
const submitted = await client.POST('/api/jobs', {
  body: { type: 'sleep', payload: { seconds: 0.2 } },
  params: { header: { 'idempotency-key': 'outsider-1' } },
});
if (submitted.data === undefined) throw new Error(submitted.error?.code);
let job: components['schemas']['Job'] = submitted.data;
const seen: string[] = [job.state];
while (!['completed', 'dead', 'cancelled', 'abandoned'].includes(job.state)) {
  const { data, error } = await client.GET('/api/jobs/{id}', { params: { path: { id: job.id } } });
  if (data === undefined) throw new Error(error?.code);
  job = data;
  if (job.state !== seen.at(-1)) seen.push(job.state);
}
const page = await client.GET('/api/jobs', { params: { query: { state: 'completed', limit: 10 } } });
console.log(JSON.stringify({ code: refused.error?.code, first: seen[0], job, listed: page.data?.jobs.map(({ id }) => id) }));
`;

/** A body that the document forbids: a generated client must not compile with it. */
const WRONG = `import createClient from 'openapi-fetch';
import type { paths } from './api.ts';
void createClient<paths>({}).POST('/api/jobs', { body: { type: 'sleep', payload: { seconds: 'many' } } });
`;

let redis: RedisServer;
let producer: ProducerProcess;
let worker: WorkerProcess;
let dir: string;
beforeAll(async () => {
  redis = await startRedis();
  const env = { ...plainEnv(), REDIS_URL: redis.url };
  [producer, worker] = await Promise.all([startProducer(env), startWorker('worker-1', env)]);
  dir = await mkdtemp(join(tmpdir(), 'prodwork-openapi-'));
  await symlink(join(ROOT, 'test/node_modules'), join(dir, 'node_modules'));
  const types = await openapiTS(new URL(`${producer.url}/openapi.json`));
  await writeFile(join(dir, 'api.ts'), astToString(types));
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }');
  await writeFile(join(dir, 'program.ts'), PROGRAM);
}, SLOW_MS);
afterAll(async () => {
  worker?.signal('SIGTERM');
  producer?.signal('SIGTERM');
  await Promise.all([worker?.ended, producer?.ended]);
  await redis?.stop();
  if (dir) await rm(dir, { recursive: true, force: true });
});

const compile = (file: string): Promise<string> =>
  runProgram(
    join(ROOT, 'node_modules/.bin/tsc'),
    [
      ...['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--allowImportingTsExtensions'],
      ...['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,dom', '--types', 'node'],
      ...['--typeRoots', join(ROOT, 'node_modules/@types'), file],
    ],
    plainEnv(),
    dir,
  );

describe("an outsider's client, generated from /openapi.json", () => {
  test(
    'compiles, submits a job and follows it to its end',
    async () => {
      await compile('program.ts');
      const told = await runProgram(process.execPath, ['program.ts', producer.url], plainEnv(), dir);
      const { code, job, listed } = JSON.parse(told) as { code: string; job: { id: string }; listed: string[] };
      expect(code).toBe('INVALID_PAYLOAD');
      expect(job).toMatchObject({
        type: 'sleep',
        state: 'completed',
        attempts: 1,
        result: { sleptMs: expect.any(Number) },
      });
      expect(listed).toContain(job.id);
    },
    SLOW_MS,
  );

  test(
    'does not compile with a payload that the type does not take',
    async () => {
      await writeFile(join(dir, 'wrong.ts'), WRONG);
      await expect(compile('wrong.ts')).rejects.toThrow(/string' is not assignable to type 'number'/);
    },
    SLOW_MS,
  );
});

test('the document describes every route of the API, and each has a name of its own', async () => {
  const document = (await (await fetch(`${producer.url}/openapi.json`)).json()) as {
    openapi: string;
    paths: Record<string, Record<string, { operationId?: string; responses: Record<string, unknown> }>>;
  };
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/api/'))
    .flatMap(([, methods]) => Object.values(methods));
  const names = operations.map(({ operationId }) => operationId);
  expect(names).not.toContain(undefined);
  expect(new Set(names).size).toBe(names.length);
  for (const { responses } of operations) expect(Object.keys(responses)).toContain('401');
});
