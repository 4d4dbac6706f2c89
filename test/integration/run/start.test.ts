import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive, Runners, type RunnerUnderTest } from '../../support/runner.ts';
import { until } from '../../support/until.ts';

const runners = new Runners();
afterEach(() => runners.clean());

interface JobView {
  readonly id: string;
  readonly state: string;
}
interface WorkerView {
  readonly name: string;
  readonly pid: number;
  readonly restarts?: number;
  readonly lastDeath?: string;
}

async function submit(runner: RunnerUnderTest, body: object): Promise<JobView> {
  const response = await fetch(`${runner.url}/api/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(202);
  return (await response.json()) as JobView;
}

async function stateOf(runner: RunnerUnderTest, id: string): Promise<string | undefined> {
  const response = await fetch(`${runner.url}/api/jobs/${id}`).catch(() => undefined);
  return response?.ok ? ((await response.json()) as JobView).state : undefined;
}

async function workersOf(runner: RunnerUnderTest): Promise<readonly WorkerView[]> {
  const response = await fetch(`${runner.url}/api/workers`);
  return ((await response.json()) as { workers: WorkerView[] }).workers;
}

const noneAlive = (pids: Iterable<number>): boolean => [...pids].every((pid) => !isAlive(pid));

describe('npm start', () => {
  it('runs jobs, brings a killed worker back with its history, and leaves nothing behind on SIGTERM', async () => {
    const runner = await (await runners.start(['--workers', '2'])).untilReady();
    const job = await submit(runner, { type: 'sleep', payload: { seconds: 0 } });
    await until('the job to complete', async () => (await stateOf(runner, job.id)) === 'completed');

    const before = await runner.children();
    expect([...before.keys()].sort()).toEqual(['producer', 'redis', 'worker-1', 'worker-2']);
    process.kill(before.get('worker-1') ?? 0, 'SIGKILL');
    await runner.untilSaid(/worker-1 \(pid \d+\) was killed by SIGKILL; starting it again in 100 ms \(restart 1\)/);
    const back = await until('the worker to be back', async () =>
      (await workersOf(runner)).find(
        ({ name, pid, restarts }) => name === 'worker-1' && pid !== before.get('worker-1') && restarts === 1,
      ),
    );
    expect(back.lastDeath).toBe('was killed by SIGKILL');

    const during = await runner.children();
    runner.send('SIGTERM');
    expect(await runner.exited).toEqual({ code: 0, signal: null });
    expect(noneAlive(during.values())).toBe(true);
    expect(runner.output).not.toContain('did not leave within');
    expect((await runner.children()).size).toBe(0);
  });

  it('keeps what waits over a stop and a start', async () => {
    const first = await (await runners.start(['--workers', '1'])).untilReady();
    const job = await submit(first, { type: 'sleep', payload: { seconds: 0 }, delayMs: 3_600_000 });
    first.send('SIGINT');
    await first.exited;
    const second = await (await runners.start(['--workers', '1'], {}, first.dataDir)).untilReady();
    expect(await stateOf(second, job.id)).toBe('scheduled');
  });

  it('killed with -9 takes its processes along, and the next start finds the data', async () => {
    const first = await (await runners.start(['--workers', '1'])).untilReady();
    const job = await submit(first, { type: 'sleep', payload: { seconds: 0 }, delayMs: 3_600_000 });
    const children = await first.children();
    expect(children.size).toBe(3);
    first.send('SIGKILL');
    await until('every process to be gone', () => noneAlive(children.values()), 30_000);
    const second = await (await runners.start(['--workers', '1'], {}, first.dataDir)).untilReady();
    expect(await stateOf(second, job.id)).toBe('scheduled');
  });

  it('starts its Redis again when that is killed, and no other process is restarted for it', async () => {
    const runner = await (await runners.start(['--workers', '1'])).untilReady();
    const job = await submit(runner, { type: 'sleep', payload: { seconds: 0 }, delayMs: 3_600_000 });
    const before = await runner.children();
    process.kill(before.get('redis') ?? 0, 'SIGKILL');
    await runner.untilSaid('redis (pid');
    const next = await until('jobs to be taken again', async () => {
      const response = await fetch(`${runner.url}/api/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'sleep', payload: { seconds: 0 } }),
      });
      return response.status === 202 && ((await response.json()) as JobView);
    });
    await until('the new job to complete', async () => (await stateOf(runner, next.id)) === 'completed', 30_000);
    expect(await stateOf(runner, job.id)).toBe('scheduled');
    const after = await runner.children();
    expect(after.get('redis')).not.toBe(before.get('redis'));
    expect(after.get('producer')).toBe(before.get('producer'));
    expect(after.get('worker-1')).toBe(before.get('worker-1'));
  });

  it('refuses a second start in the same folder and names the first', async () => {
    const first = await (await runners.start(['--workers', '1'])).untilReady();
    const second = await runners.start([], {}, first.dataDir);
    expect(await second.exited).toMatchObject({ code: 1 });
    expect(second.output).toContain(`already runs from this folder (pid ${first.pid}, http://localhost:${first.port})`);
    expect((await fetch(`${first.url}/healthz`)).status).toBe(200);
  });

  it('names the holder of a taken port and the option that helps', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as AddressInfo;
    const runner = await runners.startOn(port);
    expect(await runner.exited).toMatchObject({ code: 1 });
    expect(runner.output).toMatch(new RegExp(`port ${port} is taken by .*\\(pid ${process.pid}\\).*--port`));
    await new Promise((resolve) => holder.close(resolve));
  });

  it('stops with code 78 when a worker says that its settings are wrong, instead of restarting it for ever', async () => {
    const runner = await runners.start(['--workers', '1'], { WORKER_SLOTS: 'many' });
    expect(await runner.exited).toMatchObject({ code: 78 });
    expect(runner.output).toContain('WORKER_SLOTS');
    expect((await runner.children()).size).toBe(0);
  });

  it('refuses a mistyped option before it starts anything', async () => {
    const runner = await runners.start(['--worker', '1']);
    expect(await runner.exited).toMatchObject({ code: 64 });
    expect(runner.output).toContain('did you mean --workers?');
  });
});
