import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, Client } from './client.ts';
import { backAfter, containersOf, inspectOne, must } from './docker.ts';
import { figure, say } from './figures.ts';
import { submitForm } from './form.ts';
import { inHand, judge, newLedger, readLedger } from './ledger.ts';
import { drained, removeStack } from './stack.ts';
import { asWritten, lineOf, showing, unusedCommands } from './tour.ts';
import { until } from './wait.ts';

/** These two have a file of tests each. */
const ELSEWHERE = /development\.yaml|--profile observability/;

const workers = async (): Promise<string[]> => (await containersOf('worker')).map(({ name }) => name);
const names = (service: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `prodwork-${service}-${index + 1}`);

afterAll(removeStack);

describe('the tour', () => {
  let client: Client;
  beforeAll(async () => {
    await removeStack();
    newLedger();
    await asWritten('docker compose up --build -d --scale worker=3');
    client = await Client.open();
  });

  const atWork = (expected: readonly string[]): Promise<unknown> =>
    until(`the gauge shows ${expected.length} workers`, async () => {
      const { status, body } = await client.get('/api/workers');
      if (status !== 200) return false;
      const seen = (JSON.parse(body) as { workers: readonly { name: string }[] }).workers.map(({ name }) => name);
      return expected.every((name) => seen.includes(name));
    });
  const counted = (waiting: number): Promise<unknown> =>
    until(`${waiting} jobs wait`, async () => {
      const { status } = await client.get('/api/queues');
      return status === 200 && (await client.counts()).waiting === waiting;
    });

  /** Submits by the form; `done` waits for all of them and gives their ids. */
  const submitCopies = async (copies: number, seconds: string) => {
    const before = new Set(readLedger().map(({ id }) => id));
    expect(await submitForm('sleep', { seconds, copies: String(copies) })).toContain('/jobs/batch/');
    const committed = (): string[] =>
      readLedger().flatMap(({ e, id }) => (e === 'commit' && !before.has(id) ? [id] : []));
    return { done: () => until(`${copies} jobs were done`, () => committed().length >= copies && committed()) };
  };

  it('starts three workers that are told apart by the names of their containers', async () => {
    expect(await workers()).toEqual(names('worker', 3));
    await until(
      'all seven are healthy',
      async () => (await asWritten('docker compose ps')).match(/\(healthy\)/g)?.length === 7,
    );
    await atWork(names('worker', 3));
  });

  it('shows in the logs who took which job and who finished it, by the names of the containers', async () => {
    const log = showing('docker compose logs -f');
    const ids = await (await submitCopies(12, '1')).done();
    const takes = await until('the log tells of each job twice', () => {
      const lines = log.lines().filter((line) => ids.some((id) => line.includes(id)));
      return ids.every((id) => lines.filter((line) => line.includes(id)).length >= 2) && lines;
    });
    await log.end();
    say(takes[0] ?? '');
    for (const line of takes) {
      const [, prefix] = /^worker-(\d) +\| /.exec(line) ?? [];
      expect(line).toMatch(/job (started|completed)/);
      expect(line).toContain(`prodwork-worker-${prefix}`);
    }
    // A container's host name is a hash; nobody should have to read one.
    const hashes = await Promise.all(names('worker', 3).map(async (name) => (await inspectOne(name)).id.slice(0, 12)));
    for (const hash of hashes) expect(log.lines().some((line) => line.includes(hash))).toBe(false);
  });

  it('kills one, which comes back by itself, while its jobs are done', async () => {
    const copies = await submitCopies(200, '0.5');
    await until('it has work in hand', () => inHand('prodwork-worker-2', Date.now()).length > 0);
    const before = await inspectOne('prodwork-worker-2');
    const at = Date.now();
    await asWritten("sudo kill -9 $(docker inspect --format '{{.State.Pid}}' prodwork-worker-2)");
    figure('tour: a killed worker was back after', await backAfter('prodwork-worker-2', at), 'ms');
    expect(await asWritten('docker compose ps worker')).toContain('prodwork-worker-2');
    expect((await inspectOne('prodwork-worker-2')).id).toBe(before.id);
    await atWork(names('worker', 3));
    const jobs = await copies.done();
    expect(new Set(jobs).size).toBe(200);
    expect(judge(jobs).doubleCommits).toBe(0);
    const rejoined = readLedger().some(({ worker, at: then }) => worker === 'prodwork-worker-2' && then > at + 500);
    expect(rejoined).toBe(true);
  });

  it('scales the workers, up and down', async () => {
    await asWritten('docker compose up -d --no-recreate --scale worker=5');
    await atWork(names('worker', 5));
    await asWritten('docker compose up -d --no-recreate --scale worker=1');
    expect(await workers()).toEqual(names('worker', 1));
    await asWritten('docker compose up -d --no-recreate --scale worker=3');
    await atWork(names('worker', 3));
  });

  it('stops and starts, goes down and up, and what waited still waits', async () => {
    await client.pause();
    const jobs = await client.submitMany('tour-waits', 20, 0);
    await asWritten('docker compose stop');
    for (const { name, isRunning, exitCode } of await containersOf('worker'))
      expect([name, isRunning, exitCode]).toEqual([name, false, 0]);
    await asWritten('docker compose start');
    await counted(20);
    await asWritten('docker compose down');
    expect(await workers()).toEqual([]);
    await asWritten('docker compose up -d --scale worker=3');
    await counted(20);
    await client.resume();
    await drained(jobs);
    expect(readLedger().filter(({ e, id }) => e === 'start' && jobs.includes(id))).toHaveLength(20);
  });

  it('names the replicas in turn, loads the page without one of them, and restores it by count', async () => {
    const question = lineOf('for i in 1 2 3 4');
    const replicas = async (): Promise<string[]> =>
      (await asWritten(question)).split('\n').map((line) => line.replace(/^[^:]*: */, '').trim());
    const served = (count: number): Promise<unknown> => {
      const seen = new Set<string>();
      return until(`${count} replicas serve`, async () => seen.add((await ask('/')).replica).size === count);
    };
    await served(2);
    const turns = await replicas();
    expect(turns).toHaveLength(4);
    expect(new Set(turns)).toEqual(new Set(names('producer', 2)));
    for (const [index, replica] of turns.entries()) expect(replica).not.toBe(turns[index + 1]);

    await asWritten('docker kill prodwork-producer-2');
    expect(await replicas()).toEqual(Array.from({ length: 4 }, () => 'prodwork-producer-1'));
    await asWritten('docker compose up -d --no-recreate --scale worker=3 --scale producer=2');
    await served(2);
    await asWritten('docker compose up -d --no-recreate --scale worker=3 --scale producer=5');
    await served(5);
  });

  it('tells the operator the token, and lets the operator ask Redis', async () => {
    const token = (await asWritten('docker compose run --rm init token')).split('\n').at(-1) ?? '';
    expect((await ask('/api/queues', { headers: { authorization: `Bearer ${token.trim()}` } })).status).toBe(200);
    expect(await must(lineOf('PRODWORK_TOKEN='))).toMatch(/http:\/\/\S+\/dashboard\/sign-in\?code=\S+/);
    // Without a terminal, which a test has not.
    const question = lineOf('docker compose exec redis').replace('exec', 'exec -T');
    expect(await must(question)).toContain('used_memory_human');
  });

  it('has no command that was not typed here, save those that have a file of their own', () => {
    expect(unusedCommands().filter((line) => !ELSEWHERE.test(line))).toEqual([]);
  });
});
