import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listAll } from '../../conformance/invariants.ts';
import { Lab } from '../../conformance/lab.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);
const isMissing = (command: string): boolean => spawnSync(command, ['--version']).error !== undefined;

/** A producer of a few lines with nothing but a socket: what a script in any language can do. */
const PYTHON = `
import json, socket, sys
port, key = int(sys.argv[1]), sys.argv[2]
entry = json.dumps({"type": "work", "payload": {"from": "python", "n": 7}})
parts = ["LPUSH", key, entry]
command = "*%d\\r\\n" % len(parts) + "".join("$%d\\r\\n%s\\r\\n" % (len(part.encode()), part) for part in parts)
with socket.create_connection(("127.0.0.1", port)) as connection:
    connection.sendall(command.encode())
    print(connection.recv(64).decode())
`;

describe('brpop: anything that can push can submit', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  test.skipIf(isMissing('redis-cli'))('redis-cli is a producer', async () => {
    const lab = await Lab.open('brpop', server.url);
    const worker = await lab.worker();
    const entry = '{"type":"work","payload":{"seconds":1}}';
    await run('redis-cli', ['-p', String(server.port), 'LPUSH', `${lab.prefix}:brpop:${lab.queue}`, entry]);
    const claim = await worker.next();
    expect(claim).toMatchObject({ type: 'work', payloadJson: '{"seconds":1}', maxAttempts: 1 });
    await worker.settle(claim, { kind: 'complete', resultJson: '"slept"' });
    expect(await lab.job(claim.id)).toMatchObject({ state: 'completed', payload: { seconds: 1 }, result: 'slept' });
    await lab.close();
  });

  test.skipIf(isMissing('python3'))('a Python script is a producer', async () => {
    const lab = await Lab.open('brpop', server.url);
    const worker = await lab.worker();
    const key = `${lab.prefix}:brpop:${lab.queue}`;
    const { stdout } = await run('python3', ['-c', PYTHON, String(server.port), key]);
    expect(stdout).toContain(':1');
    const claim = await worker.next();
    expect(JSON.parse(claim.payloadJson)).toEqual({ from: 'python', n: 7 });
    await worker.settle(claim, { kind: 'complete', resultJson: 'null' });
    await lab.close();
  });

  test('a job that waits can be read as JSON by anybody who looks into the list', async () => {
    const lab = await Lab.open('brpop', server.url);
    await lab.submit({ payloadJson: '{"a":[1,2]}' });
    const client = server.client();
    const [entry = ''] = await client.lrange(`${lab.prefix}:brpop:${lab.queue}`, 0, -1);
    expect(JSON.parse(entry)).toMatchObject({ type: 'work', payload: { a: [1, 2] } });
    await lab.close();
  });

  test('malformed entries are set aside and shown as dead, and the jobs behind them run', async () => {
    const lab = await Lab.open('brpop', server.url);
    const client = server.client();
    const list = `${lab.prefix}:brpop:${lab.queue}`;
    const bad = [
      'not json',
      '[]',
      '7',
      '{"payload":{}}',
      '{"type":"../etc"}',
      '{"type":"work","id":"a:b"}',
      '\u0000\u001b[31m',
    ];
    for (const entry of bad) await client.lpush(list, entry);
    const good = await lab.submit();
    const worker = await lab.worker();
    const [done] = await worker.complete(1);
    expect(done?.id).toBe(good.id);
    expect((await client.lrange(`${list}:malformed`, 0, -1)).toReversed()).toEqual(bad);
    const dead = await listAll(lab, 'dead');
    expect(dead.map(({ payload }) => payload).toSorted()).toEqual(bad.toSorted());
    expect(dead.every(({ error }) => error?.code === 'INVALID_RECORD')).toBe(true);
    expect(worker.claims).toHaveLength(1);
    await lab.close();
  });

  test('a planted prototype changes no object of ours', async () => {
    const lab = await Lab.open('brpop', server.url);
    const client = server.client();
    await client.lpush(
      `${lab.prefix}:brpop:${lab.queue}`,
      '{"type":"work","payload":{"__proto__":{"polluted":1}},"__proto__":{"id":"x"}}',
    );
    const worker = await lab.worker();
    const claim = await worker.next();
    expect(claim.id).not.toBe('x');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(claim.payloadJson).toBe('{"__proto__":{"polluted":1}}');
    await worker.settle(claim, { kind: 'complete', resultJson: 'null' });
    await lab.close();
  });

  test('a worker consumes again after Redis was killed', async () => {
    const lab = await Lab.open('brpop', server.url);
    const worker = await lab.worker();
    await lab.isListed(worker);
    await server.kill();
    await server.restart();
    const job = await until('a submit', () => lab.submit().catch(() => undefined), 20_000);
    expect((await worker.next()).id).toBe(job.id);
    await lab.close();
  });
});
