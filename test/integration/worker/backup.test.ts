import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type BackupSetup, type BackupTarget, readBackupSetup } from '@prodwork/worker/backup/config';
import { backupHandler } from '@prodwork/worker/handlers/backup';
import type { Outcome } from 'prodwork/job/outcome';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PostgresServer, postgresBin, startPostgres } from '../../support/postgres-server.ts';
import { until } from '../../support/until.ts';
import { workerWith } from '../../support/worker-under-test.ts';

const bin = postgresBin();

describe.skipIf(bin === undefined)('backup', () => {
  const real = join(bin ?? '', 'pg_dump');
  let server: PostgresServer;
  let folder: string;
  let monitor: Server;
  let beats = 0;
  let databases = 0;
  let url: string;

  beforeAll(async () => {
    server = await startPostgres();
    monitor = createServer((_request, answer) => {
      beats++;
      answer.end('ok');
    }).listen(0, '127.0.0.1');
    await once(monitor, 'listening');
  });
  afterAll(async () => {
    monitor.close();
    await server.stop();
  });
  beforeEach(async () => {
    beats = 0;
    folder = await mkdtemp(join(tmpdir(), 'prodwork-backup-'));
    url = await fill(`backup_${databases++}`, 300);
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function fill(name: string, rows: number): Promise<string> {
    const made = await server.create(name);
    const sql = `create table notes (id int, text text); create schema "Odd one"; create table "Odd one"."ta.ble" (line text);
      insert into notes select i, 'note' || i || E'\\n\\\\.\\nCOPY x FROM stdin;\\n' from generate_series(1, ${rows}) i;
      insert into "Odd one"."ta.ble" values ('-- PostgreSQL database dump complete')`;
    execFileSync(join(bin ?? '', 'psql'), [made, '-q', '-v', 'ON_ERROR_STOP=1', '-c', sql]);
    return made;
  }
  const setup = (pgDump = real, more: Partial<BackupTarget> = {}): BackupSetup => {
    const address = monitor.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const target = {
      database: 'notes',
      url,
      folder,
      keep: 3,
      leastShare: 0.5,
      mayBeEmpty: false,
      heartbeatUrl: `http://127.0.0.1:${port}/beat`,
      ...more,
    };
    return { pgDump, targets: new Map([['notes', target]]) };
  };
  const run = async (how: BackupSetup, database = 'notes'): Promise<Outcome> => {
    const made = await workerWith([backupHandler(how)], {});
    try {
      const claim = made.consumer.give('backup', { database });
      return await until('the outcome', () => made.consumer.outcomeOf(claim), 30_000);
    } finally {
      await made.worker.stop();
    }
  };
  /** A pg_dump that lies: a shell script in its place. */
  const liar = async (script: string): Promise<string> => {
    const path = join(folder, 'pg_dump');
    await writeFile(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script.replaceAll('REAL', `${real} "$@"`)}\n`);
    await chmod(path, 0o755);
    return path;
  };
  const dumps = async () => (await readdir(folder)).filter((file) => file.endsWith('.sql.gz')).sort();

  it('dumps, compresses, reads back, keeps the evidence, and only then sends the heartbeat', async () => {
    const outcome = await run(setup());
    if (outcome.kind !== 'complete') throw new Error(JSON.stringify(outcome));
    expect(JSON.parse(outcome.resultJson)).toMatchObject({
      database: 'notes',
      tables: { 'public.notes': 300, '"Odd one"."ta.ble"': 1 },
    });
    expect(outcome.verified?.evidence).toMatchObject({ tables: 2, rows: 301, heartbeat: 'sent' });
    expect(beats).toBe(1);
    const [file = ''] = await dumps();
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    const again = await server.create(`restored_${databases++}`);
    execFileSync(join(bin ?? '', 'psql'), [again, '-q', '-v', 'ON_ERROR_STOP=1'], {
      input: gunzipSync(await readFile(join(folder, file))),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const rows = execFileSync(join(bin ?? '', 'psql'), [again, '-tAc', 'select count(*) from notes'], {
      encoding: 'utf8',
    });
    expect(rows.trim()).toBe('300');
  });

  it.each([
    ['says 0 and wrote nothing', 'exit 0', 'VERIFY_FAILED', /no end/],
    ['died in a pipe, and the shell says 0', 'REAL | head -c 900; exit 0', 'VERIFY_FAILED', /no end/],
    [
      'left rows out',
      "REAL | sed '/^17\\t/d'; exit 0",
      'VERIFY_FAILED',
      /public.notes has 300 rows in the database and 299/,
    ],
    [
      'left a table out',
      'REAL --exclude-table=notes; exit 0',
      'VERIFY_FAILED',
      /public.notes has 300 rows in the database and none/,
    ],
    ['ended with a code', 'REAL; echo "out of luck" >&2; exit 3', 'HANDLER_FAILED', /code 3: out of luck/],
    ['was killed half-way', 'REAL | head -c 900; kill -9 $$', 'HANDLER_FAILED', /SIGKILL/],
  ])('a pg_dump that %s is a failed attempt: no file, no heartbeat', async (_what, script, code, message) => {
    const outcome = await run(setup(await liar(script)));
    expect(outcome).toMatchObject({ kind: 'retry', error: { code, message: expect.stringMatching(message) } });
    expect(await dumps()).toEqual([]);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(beats).toBe(0);
  });

  it('a database that is empty, or much smaller than last time, is a failed attempt', async () => {
    expect((await run(setup())).kind).toBe('complete');
    await emptied('truncate notes');
    expect(await run(setup())).toMatchObject({
      kind: 'retry',
      error: { code: 'VERIFY_FAILED', message: expect.stringMatching(/less than 0.5 of the last/) },
    });
    await emptied('truncate "Odd one"."ta.ble"');
    expect(await run(setup(real, { leastShare: 0 }))).toMatchObject({
      kind: 'retry',
      error: { message: expect.stringMatching(/not one row/) },
    });
    expect((await run(setup(real, { leastShare: 0, mayBeEmpty: true }))).kind).toBe('complete');
    expect(beats).toBe(2);
  });

  async function emptied(sql: string): Promise<void> {
    execFileSync(join(bin ?? '', 'psql'), [url, '-q', '-c', sql]);
  }

  it('sweeps up what a killed worker left behind, and leaves what another one is writing', async () => {
    for (const name of ['notes-old.sql.gz.part', 'notes-new.sql.gz.part', 'other-old.sql.gz.part'])
      await writeFile(join(folder, name), '');
    for (const name of ['notes-old.sql.gz.part', 'other-old.sql.gz.part']) await utimes(join(folder, name), 1, 1);
    await run(setup());
    expect((await readdir(folder)).filter((name) => name.endsWith('.part')).sort()).toEqual([
      'notes-new.sql.gz.part',
      'other-old.sql.gz.part',
    ]);
  });

  it('keeps as many good dumps as it was told', async () => {
    for (let round = 0; round < 5; round++) expect((await run(setup())).kind).toBe('complete');
    expect(await dumps()).toHaveLength(3);
  });

  it('a name that is not in the list is dead at once, and no connection is tried', async () => {
    expect(await run(setup(), 'other')).toMatchObject({
      kind: 'bury',
      error: { message: expect.stringContaining('"other"') },
    });
  });

  it('Postgres away, or a password that is wrong: a failed attempt that shows no secret', async () => {
    const outcome = await run(setup(real, { url: 'postgres://me:s3cret@127.0.0.1:1/none' }));
    expect(outcome).toMatchObject({ kind: 'retry', error: { code: 'HANDLER_FAILED' } });
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
  });

  it('a heartbeat that cannot be sent does not undo a good backup', async () => {
    const outcome = await run(setup(real, { heartbeatUrl: 'http://127.0.0.1:1/' }));
    expect(outcome).toMatchObject({ kind: 'complete', verified: { evidence: { heartbeat: 'failed' } } });
  });

  it('damage on disk is found by reading back', async () => {
    const { readBack } = await import('@prodwork/worker/backup/read-back');
    await run(setup());
    const path = join(folder, (await dumps())[0] ?? '');
    await truncate(path, 700);
    await expect(readBack(path, new AbortController().signal)).rejects.toThrow(/unexpected end/);
  });

  it('takes such jobs only with a list and a pg_dump, and names what is wrong with the list', async () => {
    const list = join(folder, 'list.json');
    const PATH = bin ?? '';
    const write = (value: unknown) => writeFile(list, JSON.stringify(value));
    await write({ databases: { notes: { url, folder } } });
    expect(readBackupSetup({ PATH })).toBeUndefined();
    expect(readBackupSetup({ PATH: '/nowhere', WORKER_BACKUP_FILE: list })).toBeUndefined();
    expect(readBackupSetup({ PATH, WORKER_BACKUP_FILE: list })?.targets.get('notes')).toMatchObject({
      keep: 14,
      leastShare: 0.5,
    });
    for (const [entry, fault] of [
      [{ folder }, /url or urlFile/],
      [{ url, folder: 'here' }, /absolute/],
      [{ url, folder, keep: 0 }, /keep/],
      [{ url, folder, colour: 'red' }, /additional|colour/i],
    ] as const) {
      await write({ databases: { notes: entry } });
      expect(() => readBackupSetup({ PATH, WORKER_BACKUP_FILE: list })).toThrow(fault);
    }
    await write({ databases: { 'BAD NAME': { url, folder } } });
    expect(() => readBackupSetup({ PATH, WORKER_BACKUP_FILE: list })).toThrow(/no name/);
  });
});
