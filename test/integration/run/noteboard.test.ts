import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { postgresBin } from '../../support/postgres-server.ts';
import { freePort } from '../../support/redis-server.ts';
import { isAlive, Runners, type RunnerUnderTest } from '../../support/runner.ts';
import { until } from '../../support/until.ts';

const runners = new Runners();
const folders = new Set<string>();
afterEach(async () => {
  await runners.clean();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  folders.clear();
});

const json = { 'content-type': 'application/json' };

describe.skipIf(postgresBin() === undefined)('npm start -- --noteboard --history', () => {
  const start = async (dataDir?: string): Promise<{ runner: RunnerUnderTest; board: string }> => {
    const port = await freePort();
    const args = ['--workers', '1', '--noteboard', '--history'];
    const runner = await runners.start(args, { NOTEBOARD_PORT: String(port) }, dataDir);
    await runner.untilReady();
    // Started by root, the data lies where the server's own user may reach it.
    const home = /starting a private Postgres [\d.]+, data in (\S+)/.exec(runner.output)?.[1];
    if (home === undefined) throw new Error(`no word about Postgres:\n${runner.output}`);
    if (home.startsWith('/var/lib/postgresql/prodwork-')) folders.add(dirname(home));
    expect(runner.output).toContain(`noteboard: http://localhost:${port}`);
    const board = `http://127.0.0.1:${port}`;
    await until('the board to be ready', () =>
      fetch(`${board}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      ),
    );
    return { runner, board };
  };
  const leave = (board: string, message: string) =>
    fetch(`${board}/api/notes`, {
      method: 'POST',
      headers: { ...json, 'idempotency-key': message },
      body: JSON.stringify({ name: 'Ada', message }),
    });
  const messages = async (board: string): Promise<readonly string[]> => {
    const { notes } = (await (await fetch(`${board}/api/notes`)).json()) as { notes: { message: string }[] };
    return notes.map(({ message }) => message);
  };

  it('brings its own Postgres, which comes back when it is killed, and whose notes and jobs outlive a stop', async () => {
    const first = await start();
    expect((await leave(first.board, 'one')).status).toBe(201);
    const submitted = await fetch(`${first.runner.url}/api/jobs`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ type: 'sleep', payload: { seconds: 0 } }),
    });
    const { id } = (await submitted.json()) as { id: string };
    const isKept = (runner: RunnerUnderTest) => async () => {
      const answer = await fetch(`${runner.url}/api/history?id=${id}`);
      return answer.ok && ((await answer.json()) as { jobs: { id: string }[] }).jobs[0]?.id === id;
    };
    await until('the job in the history', isKept(first.runner));

    process.kill((await first.runner.children()).get('postgres') ?? 0, 'SIGKILL');
    await first.runner.untilSaid(/postgres \(pid \d+\) was killed by SIGKILL; starting it again/);
    await until('a note to be taken again', async () => (await leave(first.board, 'two')).status < 300);

    const during = await first.runner.children();
    first.runner.send('SIGTERM');
    expect(await first.runner.exited).toEqual({ code: 0, signal: null });
    expect([...during.values()].filter(isAlive)).toEqual([]);

    const second = await start(first.runner.dataDir);
    expect(await messages(second.board)).toEqual(['two', 'one']);
    await until('the job in the history still', isKept(second.runner));
  });
});
