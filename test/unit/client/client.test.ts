import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ProblemError, ProdworkClient } from 'prodwork/client';
import { afterEach, expect, test } from 'vitest';

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void;
const servers: ReturnType<typeof createServer>[] = [];

async function serve(answers: readonly Answer[]): Promise<string> {
  let next = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      answers[Math.min(next++, answers.length - 1)]?.(request, Buffer.concat(chunks).toString(), response),
    );
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
}

afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

const job = { id: 'default.0.abcdefghijklmnopqrstuv', state: 'waiting' };
const json =
  (status: number, body: unknown): Answer =>
  (_request, _body, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

test('a submit whose answer got lost is sent again with the same key', async () => {
  const keys: unknown[] = [];
  const lose: Answer = (request) => {
    keys.push(request.headers['idempotency-key']);
    request.socket.destroy();
  };
  const accept: Answer = (request, body, response) => {
    keys.push(request.headers['idempotency-key']);
    json(202, job)(request, body, response);
  };
  const client = new ProdworkClient({ url: await serve([lose, accept]) });
  expect(await client.submit('sleep', { seconds: 1 })).toEqual(job);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
});

test('two submits have two keys, and a chosen id needs none', async () => {
  const seen: unknown[] = [];
  const record: Answer = (request, body, response) => {
    seen.push([request.headers['idempotency-key'], JSON.parse(body).id]);
    json(202, job)(request, body, response);
  };
  const client = new ProdworkClient({ url: await serve([record]), token: 'secret' });
  await client.submit('sleep', {});
  await client.submit('sleep', {});
  await client.submit('sleep', {}, { id: 'mine' });
  const [[first], [second], third] = seen as [unknown[], unknown[], unknown[]];
  expect(first).not.toBe(second);
  expect(third).toEqual([undefined, 'mine']);
});

test('a refusal is thrown at once with its code, field and rule', async () => {
  let calls = 0;
  const refuse: Answer = (request, body, response) => {
    calls++;
    json(400, { code: 'INVALID_PAYLOAD', detail: 'no', field: 'payload.seconds', rule: '0 to 3600' })(
      request,
      body,
      response,
    );
  };
  const client = new ProdworkClient({ url: await serve([refuse]) });
  const error = await client.submit('sleep', { seconds: -1 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ProblemError);
  expect(error).toMatchObject({ code: 'INVALID_PAYLOAD', status: 400, problem: { field: 'payload.seconds' } });
  expect(calls).toBe(1);
});

test('a job that is not there is undefined, and other trouble is thrown', async () => {
  const gone = new ProdworkClient({ url: await serve([json(404, { code: 'NOT_FOUND', detail: 'none' })]) });
  expect(await gone.job('x')).toBeUndefined();
  const closed = new ProdworkClient({ url: await serve([json(401, { code: 'UNAUTHENTICATED', detail: 'no' })]) });
  await expect(closed.job('x')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('bulk jobs without an id are given one each, so that the call can be repeated', async () => {
  const ids: unknown[] = [];
  const take: Answer = (request, body, response) => {
    for (const entry of JSON.parse(body)) ids.push(entry.id);
    json(200, {
      results: [
        { line: 1, job },
        { line: 2, job },
      ],
    })(request, body, response);
  };
  const client = new ProdworkClient({ url: await serve([take]) });
  const results = await client.submitBulk([
    { type: 'sleep', payload: {} },
    { type: 'sleep', payload: {}, id: 'own' },
  ]);
  expect(results).toHaveLength(2);
  expect(ids[0]).toMatch(/^bulk-[0-9a-f-]{36}$/);
  expect(ids[1]).toBe('own');
});
