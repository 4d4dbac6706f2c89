import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { ask, Client } from './client.ts';
import { backAfter, containersOf, inspectOne, must, ROOT } from './docker.ts';
import { newLedger } from './ledger.ts';
import { drained, removeStack } from './stack.ts';

const TOUR = readFileSync(join(ROOT, 'docs', 'tour.md'), 'utf8');

/** Runs a command of the tour, as it stands there. */
function asWritten(command: string): Promise<string> {
  expect(TOUR.split('\n')).toContain(command);
  return must(command);
}

afterAll(removeStack);

describe('the tour', () => {
  let client: Client;
  beforeAll(async () => {
    await removeStack();
    newLedger();
    await asWritten('docker compose up --build -d --scale worker=3');
    client = await Client.open();
  });

  it('starts three workers that are told apart by the names of their containers', async () => {
    const names = ['prodwork-worker-1', 'prodwork-worker-2', 'prodwork-worker-3'];
    expect((await containersOf('worker')).map(({ name }) => name)).toEqual(names);
    await until('all of them are at work', async () => {
      const { body } = await client.get('/api/workers');
      const { workers } = JSON.parse(body) as { workers: readonly { name: string }[] };
      return names.every((name) => workers.some((worker) => worker.name === name));
    });
  });

  it('kills one, which comes back by itself, while its jobs are done', async () => {
    const jobs = await client.submitMany('tour', 30, 0.5);
    const before = await inspectOne('prodwork-worker-2');
    const at = Date.now();
    await asWritten("sudo kill -9 $(docker inspect --format '{{.State.Pid}}' prodwork-worker-2)");
    await backAfter('prodwork-worker-2', at);
    expect((await inspectOne('prodwork-worker-2')).id).toBe(before.id);
    await drained(jobs);
    const logs = await must('docker compose logs --no-color worker');
    expect(logs).toMatch(/worker-\d +\| .*job completed/);
  });

  it('stops and starts, and what waited still waits', async () => {
    await client.pause();
    await client.submitMany('tour-waits', 20, 0);
    await asWritten('docker compose stop');
    for (const { name, isRunning } of await containersOf('worker')) expect([name, isRunning]).toEqual([name, false]);
    await asWritten('docker compose start');
    await until('all of them wait', async () => (await client.counts()).waiting === 20, 60_000);
    await client.resume();
    await drained(Array.from({ length: 20 }, (_, index) => `tour-waits-${index}`));
  });

  it('scales the producers, and the answers name them in turn', async () => {
    await asWritten('docker compose up -d --no-recreate --scale worker=3 --scale producer=2');
    const replicas = new Set<string>();
    await until('both have answered', async () => replicas.add((await ask('/')).replica).size === 2);
    expect([...replicas].sort()).toEqual(['prodwork-producer-1', 'prodwork-producer-2']);
  });
});
