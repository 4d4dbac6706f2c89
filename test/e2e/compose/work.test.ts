import { crc32, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Client, type JobSeen } from './client.ts';
import { figure } from './figures.ts';
import { freshStack, removeStack } from './stack.ts';
import { until } from './wait.ts';

const FINAL = ['completed', 'dead', 'cancelled', 'abandoned'];

/** A grey picture of this size. */
function png(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const frame = Buffer.alloc(body.length + 8);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    frame.writeUInt32BE(crc32(body), body.length + 4);
    return frame;
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const rows = Buffer.alloc((width + 1) * height, 0x80);
  for (let row = 0; row < height; row++) rows[row * (width + 1)] = 0;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]);
}

afterAll(removeStack);

describe('every type of job, in its container with a read-only root', () => {
  let client: Client;
  beforeAll(async () => {
    client = await freshStack({ workers: 1 });
  });

  const upload = async (name: string, content: Buffer<ArrayBuffer>): Promise<string> => {
    const form = new FormData();
    form.set('file', new Blob([content]), name);
    const { status, body } = await client.form('/api/files', form);
    expect([status, body]).toEqual([201, expect.any(String)]);
    return (JSON.parse(body) as { id: string }).id;
  };
  const ended = async (type: string, payload: object): Promise<JobSeen> => {
    const { status, body } = await client.post('/api/jobs', { type, payload });
    expect([status, body]).toEqual([202, expect.any(String)]);
    const { id } = JSON.parse(body) as { id: string };
    return until(`${type} has ended`, async () => {
      const job = await client.job(id);
      return FINAL.includes(job.state) && job;
    });
  };

  it('thumbnail: a picture comes back smaller, through any replica', async () => {
    const at = Date.now();
    const job = await ended('thumbnail', { file: await upload('big.png', Buffer.from(png(640, 480))), width: 64 });
    expect(job).toMatchObject({ state: 'completed', result: { width: 64, height: 48 } });
    figure('upload of a picture until its thumbnail was there', Date.now() - at, 'ms');
    const link = /src="(\/jobs\/[^"]+\/files\/[^"]+)"/.exec((await ask(`/jobs/${job.id}`)).body)?.[1] ?? '';
    const pictures = [await ask(link), await ask(link)];
    expect(pictures.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(pictures.map(({ replica }) => replica)).size).toBe(2);
  });

  it.each([
    ['primes', { upTo: 100_000 }, { state: 'completed' }],
    ['csv-report', { text: 'a,b\n1,2\n3,4\n' }, { state: 'completed' }],
    // A15: the stack's own services are no public addresses.
    ['http-check', { url: 'http://redis/' }, { state: 'dead', error: { code: 'BLOCKED_ADDRESS' } }],
  ])('%s %j ends as it should', async (type, payload, end) => {
    expect(await ended(type, payload)).toMatchObject(end);
  });
});
