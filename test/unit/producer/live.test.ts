import type { Claim } from 'prodwork/engine/consumer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EventStream, openEventStream } from '../../support/event-stream.ts';
import {
  consumerContext,
  type ProducerUnderTest,
  post,
  postForm,
  producer,
} from '../../support/producer-under-test.ts';
import { until } from '../../support/until.ts';

let test: ProducerUnderTest;
let base: string;
let open: EventStream[];

const follow = async (query = '', headers = {}): Promise<EventStream> => {
  const stream = await openEventStream(`${base}/events${query}`, headers);
  open.push(stream);
  return stream;
};

beforeEach(async () => {
  open = [];
  test = await producer({ streamsMax: 3 });
  base = await test.listen();
});
afterEach(async () => {
  for (const stream of open) stream.close();
  await test.close();
});

/** A worker that keeps what it is handed. */
async function worker() {
  const claims: Claim[] = [];
  const consumer = test.engine.consumer(
    consumerContext({ onClaims: (handed) => void claims.push(...handed) }, { slots: 1 }),
  );
  await consumer.start();
  return { claims, consumer };
}

describe('the live stream', () => {
  it('sends the present state at once, and again when it has changed', async () => {
    const stream = await follow();
    expect(stream.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect((await stream.next('gauge')).data).toMatchObject({ isAvailable: true, queue: { counts: { waiting: 0 } } });
    await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }));
    expect(
      (await stream.next('gauge', ({ data }) => data.queue.counts.waiting === 1)).data.queue.totals.submitted,
    ).toBe(1);
  });

  it('shows what workers do, without ids and payloads', async () => {
    const { claims, consumer } = await worker();
    await test.app.inject(post({ type: 'anything', payload: { value: 'a secret' }, id: 'secret-id' }));
    await until('the claim', () => claims.length === 1);
    const stream = await follow('?html=1');
    const { data } = await stream.next('gauge', (seen) => seen.data.workers[0]?.jobs.length === 1);
    expect(data.workers[0]).toMatchObject({ name: 'worker-1', slots: 1, jobs: [{ type: 'anything' }] });
    expect(data.html).toContain('1 of 1 slot busy');
    expect(JSON.stringify(data)).not.toMatch(/secret/);
    await consumer.stop();
  });

  it('tells of a followed job until it has ended', async () => {
    const { id } = (await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 } }))).json();
    const stream = await follow(`?jobs=${id}`);
    expect((await stream.next('job')).data).toMatchObject({ id, state: 'waiting' });
    const { claims, consumer } = await worker();
    const claim = await until('the claim', () => claims[0]);
    await stream.next('job', ({ data }) => data.state === 'active');
    await consumer.settle(claim, { kind: 'complete', resultJson: '{"sleptMs":1}' });
    const last = await stream.next('job', ({ data }) => data.state === 'completed');
    expect(last.data.html).toContain('sleptMs');
    await consumer.stop();
  });

  it('tells of a batch, one letter a job', async () => {
    const made = await test.app.inject(postForm({ type: 'sleep', seconds: '1', copies: '4' }));
    const name = String(made.headers.location).split('/').at(-1);
    const stream = await follow(`?batches=${name}`);
    expect((await stream.next('batch')).data.states).toBe('wwww');
    const { consumer } = await worker();
    await stream.next('batch', ({ data }) => data.states === 'awww');
    await consumer.stop();
  });

  it('does not send again what a stream that comes back has seen', async () => {
    const steady = await follow();
    const { id } = await steady.next('gauge');
    const back = await follow('', { 'last-event-id': id });
    expect((await back.next('gauge')).id).not.toBe(id);
  });

  it('is refused beyond the cap, and open again when one has left', async () => {
    const streams = [await follow(), await follow(), await follow()];
    const refused = await fetch(`${base}/events`);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_STREAMS' });
    expect(refused.headers.get('retry-after')).toBe('10');
    streams[0]?.close();
    const again = await until('a free place', async () => {
      const stream = await follow();
      return stream.response.status === 200 ? stream : undefined;
    });
    expect((await again.next('gauge')).data.isAvailable).toBe(true);
  });

  it('refuses to follow more than it can', async () => {
    const ids = Array.from({ length: 51 }, (_, n) => `default.0.${String(n).padStart(22, 'x')}`);
    expect((await fetch(`${base}/events?jobs=${ids.join(',')}`)).status).toBe(400);
    expect((await fetch(`${base}/events?surprise=1`)).status).toBe(400);
  });

  it('ends with the producer, which does not wait for it', async () => {
    const stream = await follow();
    await stream.next('gauge');
    const closed = test.app.close();
    await stream.ended();
    await closed;
  });
});

describe('acts on a job in hand', () => {
  it('ask its handler to stop, and refuse to delete it', async () => {
    const { claims, consumer } = await worker();
    await test.app.inject(post({ type: 'sleep', payload: { seconds: 1 }, id: 'order' }));
    const claim = await until('the claim', () => claims[0]);
    const remove = await test.app.inject({ method: 'DELETE', url: '/api/jobs/order' });
    expect([remove.statusCode, remove.json().code]).toEqual([409, 'NOT_ALLOWED_IN_STATE']);
    const cancel = await test.app.inject({ method: 'POST', url: '/api/jobs/order/cancel' });
    expect(cancel.json()).toEqual({ id: 'order', answer: 'requested' });
    expect((await test.app.inject('/jobs/order')).body).toContain('A cancel was asked for');
    await consumer.settle(claim, { kind: 'cancel' });
    const retry = await test.app.inject({ method: 'POST', url: '/api/jobs/order/cancel' });
    expect(retry.json().answer).toBe('unchanged');
    await consumer.stop();
  });
});
