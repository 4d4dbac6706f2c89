import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backAfter, bash, killNow, must } from './docker.ts';
import { figure } from './figures.ts';
import { removeStack } from './stack.ts';
import { until } from './wait.ts';

const BOARD = `http://127.0.0.1:${process.env.NOTEBOARD_PORT ?? '5100'}`;
const UP = 'docker compose --profile noteboard up -d --no-build --wait noteboard';

const statusOf = async (path: string): Promise<number> =>
  (await fetch(`${BOARD}${path}`).catch(() => undefined))?.status ?? 0;
const ready = (): Promise<unknown> => until('the board is ready', async () => (await statusOf('/readyz')) === 200);
const messages = async (): Promise<string[]> => {
  const { notes } = (await (await fetch(`${BOARD}/api/notes`)).json()) as { notes: readonly { message: string }[] };
  return notes.map(({ message }) => message);
};

afterAll(removeStack);

describe('the noteboard profile', () => {
  beforeAll(async () => {
    await removeStack();
    const startedAt = Date.now();
    await must(UP);
    figure('noteboard and Postgres, empty volume, until both are healthy', Date.now() - startedAt, 'ms');
    const response = await fetch(`${BOARD}/api/notes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'compose', message: 'kept' }),
    });
    expect(response.status).toBe(201);
  });

  it('publishes the board and not the database', async () => {
    expect((await bash('docker port prodwork-noteboard-1')).out).toBe(`5100/tcp -> ${new URL(BOARD).host}`);
    expect((await bash('docker port prodwork-postgres-1')).out).toBe('');
  });

  it('gives each its own secret', async () => {
    expect(await must('docker exec prodwork-noteboard-1 ls /run/prodwork')).toBe('database-url');
    expect(await must('docker exec prodwork-postgres-1 ls /run/prodwork')).toBe('password');
  });

  it('is ready again after its database was killed, and keeps every note', async () => {
    const at = await killNow('prodwork-postgres-1');
    await backAfter('prodwork-postgres-1', at);
    await ready();
    figure('Postgres killed until the board was ready', Date.now() - at, 'ms');
    expect(await messages()).toEqual(['kept']);
  });

  it('keeps every note through down and up', async () => {
    await must('docker compose --profile noteboard down');
    await must(UP);
    await ready();
    expect(await messages()).toEqual(['kept']);
  });
});
