import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type Client, operatorToken, URL_BASE } from './client.ts';
import { backAfter, becomesHealthy, containersOf, killNow, must, openConnections } from './docker.ts';
import { figure, say } from './figures.ts';
import { judge } from './ledger.ts';
import { halfPost, keepAsking, keepSubmitting, sayWhatFailed } from './load.ts';
import { drained, freshStack, removeStack } from './stack.ts';
import { expectWithin, measureStalls } from './stall.ts';
import { eventsOf } from './stream.ts';
import { until } from './wait.ts';

const scale = (producers: number): Promise<string> =>
  must(`docker compose up -d --no-build --no-recreate --scale producer=${producers} --scale worker=2`);

measureStalls();
afterAll(removeStack);

describe('producer replicas behind the gateway', () => {
  let client: Client;
  const accepted: string[] = [];
  beforeAll(async () => {
    client = await freshStack({ workers: 2, producers: 2 });
  });

  it('take turns, page by page, whatever a page loads beside itself', async () => {
    const replicas: string[] = [];
    for (let reload = 0; reload < 6; reload++) {
      const { replica, body } = await ask('/');
      replicas.push(replica);
      expect(body).toContain(replica);
      const assets = [...body.matchAll(/(?:href|src)="(\/public\/[^"]+)"/g)].map(([, path = '']) => path);
      expect(assets.length).toBeGreaterThan(0);
      for (const { status } of await Promise.all(assets.map((path) => ask(path)))) expect(status).toBe(200);
    }
    expect(new Set(replicas)).toEqual(new Set(['prodwork-producer-1', 'prodwork-producer-2']));
    for (const [index, replica] of replicas.entries()) expect(replica).not.toBe(replicas[index + 1]);
  });

  it('answer for each other: a receipt and its stream come from any of them', async () => {
    const at = Date.now();
    const { body } = await client.post('/api/jobs', { type: 'sleep', payload: { seconds: 2 } });
    const { id } = JSON.parse(body) as { id: string };
    accepted.push(id);
    const receipts = [await ask(`/jobs/${id}`), await ask(`/jobs/${id}`)];
    expect(new Set(receipts.map(({ replica }) => replica)).size).toBe(2);
    expect(receipts.map(({ status }) => status)).toEqual([200, 200]);

    const abort = new AbortController();
    const streams = await Promise.all(
      [0, 1].map(() => fetch(`${URL_BASE}/events?jobs=${id}`, { signal: abort.signal })),
    );
    expect(new Set(streams.map(({ headers }) => headers.get('x-prodwork-replica'))).size).toBe(2);
    for (const stream of streams) {
      for await (const { event, data } of eventsOf(stream)) {
        if (event === 'job' && data.id === id && data.state === 'completed') break;
      }
    }
    figure('streams through the gateway: a job of 2 s was seen to end on both replicas after', Date.now() - at, 'ms');
    abort.abort();
  });

  it('take over a session that another of them opened, and a sign-in link works once for all of them', async () => {
    const { status, body } = await client.post('/api/sign-in');
    expect(status).toBe(200);
    const { path } = JSON.parse(body) as { path: string };
    const form = new URLSearchParams({ code: new URL(path, URL_BASE).searchParams.get('code') ?? '' });
    const use = () => fetch(`${URL_BASE}/dashboard/sign-in`, { method: 'POST', body: form, redirect: 'manual' });
    const first = await use();
    const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(first.status).toBe(303);
    for (let again = 0; again < 2; again++) expect((await use()).status).toBe(403);
    const pages = [await ask('/dashboard', { headers: { cookie } }), await ask('/dashboard', { headers: { cookie } })];
    expect(pages.map(({ status: code }) => code)).toEqual([200, 200]);
    expect(new Set(pages.map(({ replica }) => replica)).size).toBe(2);
    expect((await ask('/dashboard')).status).not.toBe(200);
  });

  it('F22: one that is killed in the middle of a POST costs that POST alone, and it is not repeated', async () => {
    const token = await operatorToken();
    const ids = Array.from({ length: 4 }, (_, index) => `f22-half-${index}`);
    const posts = await Promise.all(ids.map((id) => halfPost(id, token)));
    // All four reached a replica: two each. The one that is killed takes its two along.
    for (const { name, pid } of await containersOf('producer')) {
      await until(`${name} waits for the rest of two bodies`, () => openConnections(pid, 5_000) >= 2);
    }
    const at = await killNow('prodwork-producer-1');
    const texts = await Promise.all(posts.map(({ finish }) => finish()));
    const codes = texts.map((text) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0));
    say(`four POSTs in flight over two replicas, one killed: ${codes.join(', ')}`);
    const lost = ids.filter((_, index) => (codes[index] ?? 0) >= 500);
    expect(codes.filter((code) => code === 202).length).toBe(2);
    expect(lost).toHaveLength(2);
    for (const id of lost) expect((await client.get(`/api/jobs/${id}`)).status).toBe(404);
    accepted.push(...ids.filter((id) => !lost.includes(id)));
    // The caller's remedy: the same id again.
    for (const id of lost) accepted.push(await client.submit(id, 0));
    await backAfter('prodwork-producer-1', at);
    await becomesHealthy('prodwork-producer-1');
  });

  it('F22: kills under load: only requests in flight fail, nobody waits above 2 s, and no job is made twice', async () => {
    const submitting = keepSubmitting(client, 'f22-kill');
    const pages = keepAsking('/');
    for (let kill = 0; kill < 4; kill++) {
      const victim = `prodwork-producer-${(kill % 2) + 1}`;
      await until(`${victim} has settled`, async () => {
        const [container] = (await containersOf('producer')).filter(({ name }) => name === victim);
        return container?.health === 'healthy' && Date.now() - container.startedAt > 10_500;
      });
      const at = await killNow(victim);
      say(`killed ${victim}, back after ${await backAfter(victim, at)} ms`);
      await becomesHealthy(victim);
    }
    await pages.stop();
    const answers = await submitting.stop();
    const bad = [...answers].filter(([, { status }]) => status !== 202 && status !== 200);
    const badPages = pages.answers.filter(({ status }) => status !== 200);
    const all = [...answers.values(), ...pages.answers];
    figure('F22 four kills of a replica: submits made', answers.size, 'requests');
    figure('F22 four kills of a replica: submits answered 5xx', bad.length, 'requests, at most 4 in flight each time');
    figure('F22 four kills of a replica: pages answered 5xx', badPages.length, `of ${pages.answers.length} requests`);
    figure('F22 four kills of a replica: longest answer', Math.max(...all.map(({ ms }) => ms)), 'ms');
    accepted.push(...[...answers.keys()].filter((id) => !bad.some(([lost]) => lost === id)));
    // What was answered 5xx may or may not be stored: sent again with its id, it is there once.
    for (const [id] of bad) accepted.push(await client.submit(id, 0));
    sayWhatFailed([...bad.map(([, answer]) => answer), ...badPages]);
    // Four submits and one page are in flight at a time, and not all on the replica that dies.
    expect(bad.length).toBeLessThanOrEqual(16);
    expect(badPages.length).toBeLessThanOrEqual(4);
    expectWithin('an answer while replicas are killed', all, 2_000);
  });

  it('F22: from 2 replicas to 5 and back to 2, without a reload of the gateway', async () => {
    const submitting = keepSubmitting(client, 'f22-scale');
    const pages = keepAsking('/');
    const upAt = Date.now();
    await scale(5);
    const names = (await containersOf('producer')).map(({ name, startedAt }) => ({ name, startedAt }));
    expect(names).toHaveLength(5);
    const served = new Map<string, number>();
    await until('each of the five has served', () => {
      for (const { replica, from, ms } of pages.answers) {
        if (replica !== '' && !served.has(replica)) served.set(replica, from + ms);
      }
      return served.size === 5;
    });
    const spans = names.flatMap(({ name, startedAt }) =>
      startedAt > upAt ? [{ from: startedAt, ms: (served.get(name) ?? Number.NaN) - startedAt }] : [],
    );
    expect(spans).toHaveLength(3);
    const slowest = Math.max(...spans.map(({ ms }) => ms));
    figure('F22 start of a new replica until it served, largest of three', slowest, 'ms');

    const downAt = Date.now();
    await scale(2);
    figure('F22 from five replicas to two', Date.now() - downAt, 'ms');
    const seen = pages.answers.length;
    await until('fifty more pages came', () => pages.answers.length > seen + 50);
    await pages.stop();
    const answers = await submitting.stop();
    const bad = [...answers].filter(([, { status }]) => status !== 202);
    const badPages = pages.answers.filter(({ status }) => status !== 200);
    const all = [...answers.values(), ...pages.answers];
    accepted.push(...[...answers.keys()].filter((id) => !bad.some(([lost]) => lost === id)));
    for (const [id] of bad) accepted.push(await client.submit(id, 0));
    figure('F22 scaling 2, 5, 2: submits that failed', bad.length, `of ${answers.size} requests`);
    figure('F22 scaling 2, 5, 2: pages that failed', badPages.length, `of ${pages.answers.length} requests`);
    figure('F22 scaling 2, 5, 2: longest answer', Math.max(...all.map(({ ms }) => ms)), 'ms');
    sayWhatFailed([...bad.map(([, answer]) => answer), ...badPages]);
    expectWithin('a new replica until it served', spans, 10_000);
    // A connection that waits to be accepted when its replica shuts the door is reset: one for each that leaves, at most.
    expect(bad.length + badPages.length).toBeLessThanOrEqual(3);
    expectWithin('an answer while replicas come and go', all, 2_000);
  });

  it('F22: one that is gone for good is missed by nobody, and is restored by count', async () => {
    const submitting = keepSubmitting(client, 'f22-gone');
    const pages = keepAsking('/');
    await until('fifty pages came', () => pages.answers.length > 50);
    // The container with its address: what is sent there is answered by nobody, not even with a refusal.
    await must('docker rm --force prodwork-producer-2');
    const seen = pages.answers.length;
    await until('a hundred more pages came', () => pages.answers.length > seen + 100);
    expect(pages.answers.slice(-50).every(({ status }) => status === 200)).toBe(true);
    const restoreAt = Date.now();
    await scale(2);
    const back = await until('the second one serves again', () =>
      pages.answers.find(({ replica, from }) => from > restoreAt && replica === 'prodwork-producer-2'),
    );
    await pages.stop();
    const answers = await submitting.stop();
    const bad = [...answers].filter(([, { status }]) => status !== 202);
    const badPages = pages.answers.filter(({ status }) => status !== 200);
    accepted.push(...[...answers.keys()].filter((id) => !bad.some(([lost]) => lost === id)));
    for (const [id] of bad) accepted.push(await client.submit(id, 0));
    const all = [...answers.values(), ...pages.answers];
    figure('F22 a replica removed under load: requests answered 5xx', bad.length + badPages.length, `of ${all.length}`);
    figure('F22 a replica removed under load: longest answer', Math.max(...all.map(({ ms }) => ms)), 'ms');
    figure('F22 restored by count: until it served', back.from + back.ms - restoreAt, 'ms');
    sayWhatFailed([...bad.map(([, answer]) => answer), ...badPages]);
    // Four submits and one page were in flight.
    expect(bad.length + badPages.length).toBeLessThanOrEqual(5);
    expectWithin('an answer after a replica is gone', all, 2_000);
  });

  it('F22: after all of it every accepted job was done, and done once', async () => {
    await drained(accepted, 180_000);
    expect(judge(accepted)).toEqual({ uncommitted: [], phantoms: [], doubleCommits: 0, duplicateStarts: 0 });
    say(`${accepted.length} accepted jobs, each done once`);
  });
});
