import { once } from 'node:events';
import { request } from 'node:http';
import { thumbnail } from 'prodwork/jobs/thumbnail';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ProducerUnderTest, producer } from '../../support/producer-under-test.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const EDGE = 'prodwork-test';
const HEAD = { 'content-type': `multipart/form-data; boundary=${EDGE}` };
const part = (name: string, more = ''): string =>
  `--${EDGE}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`;

let made: ProducerUnderTest;
let base: string;
beforeEach(async () => {
  made = await producer({}, () => ({ jobTypes: [thumbnail] }));
  base = await made.listen();
});
afterEach(async () => {
  // Whatever was tried: the next good upload works.
  const form = new FormData();
  form.append('file', new Blob(['good']), 'good.txt');
  expect((await fetch(`${base}/api/files`, { method: 'POST', body: form })).status).toBe(201);
  await made.close();
});

/** Sends a file of this many MiB until the server answers or hangs up; tells what it said, and how much it took. */
function pour(path: string, start: string, mebibytes: number, headers: Record<string, string | number> = {}) {
  return new Promise<{ status: number; body: string; sent: number }>((resolve, reject) => {
    let sent = 0;
    let isAnswered = false;
    const call = request(base + path, { method: 'POST', headers: { ...HEAD, ...headers } });
    call.on('response', async (response) => {
      isAnswered = true;
      let body = '';
      for await (const chunk of response.setEncoding('utf8')) body += chunk;
      call.destroy();
      resolve({ status: response.statusCode ?? 0, body, sent });
    });
    call.on('error', (error) => (isAnswered ? undefined : reject(error)));
    call.write(start);
    const more = (): void => {
      while (sent < mebibytes && !isAnswered && !call.destroyed) {
        sent += 1;
        if (call.write(Buffer.alloc(MIB))) continue;
        call.once('drain', more);
        return;
      }
      if (sent >= mebibytes && !isAnswered) call.end(`\r\n--${EDGE}--\r\n`);
    };
    more();
  });
}

const FILE = part('file', '; filename="a.png"');
const FORM = `${part('token')}abcdefghijklmnopqrstuv\r\n${part('type')}thumbnail\r\n`;

describe('A01: uploads over the limit', () => {
  test('without a length are cut at the API, and not read to their end', async () => {
    const { status, body, sent } = await pour('/api/files', FILE, 200);
    expect([status, JSON.parse(body).code]).toEqual([413, 'FILE_TOO_LARGE']);
    expect(sent).toBeLessThan(200);
  });

  test('without a length are cut at the form', async () => {
    const { status, sent } = await pour('/jobs', FORM + FILE, 200);
    expect(status).toBe(413);
    expect(sent).toBeLessThan(200);
  });

  test('are refused by their length before they are read, when it is beyond reading on', async () => {
    const { status, sent } = await pour('/jobs', FORM, 100, { 'content-length': 100 * MIB });
    expect(status).toBe(413);
    expect(sent).toBeLessThan(100);
  });

  test('made of text fields are cut', async () => {
    const { status } = await pour('/jobs', FORM + part('width'), 30);
    expect(status).toBe(413);
  });
});

test('an upload that the caller breaks off leaves nothing, and the server goes on', async () => {
  const call = request(`${base}/api/files`, { method: 'POST', headers: HEAD });
  call.on('error', () => {});
  call.write(FILE);
  call.write(Buffer.alloc(3 * MIB));
  const arrived = once(made.app.server, 'request');
  call.flushHeaders();
  await arrived;
  call.destroy();
  await until(
    'the connection to be gone',
    () => new Promise<boolean>((resolve) => made.app.server.getConnections((_error, count) => resolve(count === 0))),
  );
});

test('fifty uploads at once are all taken', async () => {
  const one = async (at: number): Promise<number> => {
    const form = new FormData();
    form.append('file', new Blob([Buffer.alloc(200_000, at)]), `${at}.bin`);
    return (await fetch(`${base}/api/files`, { method: 'POST', body: form })).status;
  };
  const statuses = await Promise.all(Array.from({ length: 50 }, (_, at) => one(at)));
  expect(new Set(statuses)).toEqual(new Set([201]));
});
