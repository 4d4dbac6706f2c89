import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { isProdworkError } from 'prodwork/errors';
import { handle } from 'prodwork/job/handle';
import { fencedWrite, harm, hollow, rare, work } from './jobs.ts';
import { takeNote } from './notes.ts';

const notesFile = process.env.CHAOS_NOTES_FILE ?? '/dev/null';

const workHandler = handle(work, {
  async run({ ms }, { signal }) {
    await wait(ms, undefined, { signal });
    return { sleptMs: ms };
  },
});

/** Held so that the collector cannot have it. */
const hoard: Buffer[] = [];
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Takes memory up to just below the limit, stays there for a heartbeat, then goes past it. */
async function takeMemory(): Promise<never> {
  const limit = process.constrainedMemory();
  let hasRested = false;
  for (;;) {
    hoard.push(Buffer.alloc(CHUNK_BYTES, hoard.length));
    if (!hasRested && process.memoryUsage.rss() > limit * 0.93) {
      hasRested = true;
      await wait(5_000);
    }
    await wait(10);
  }
}

const harmHandler = handle(harm, {
  async run({ how, ms }, { job, signal }) {
    switch (how) {
      case 'die':
        await wait(ms);
        return process.kill(process.pid, 'SIGKILL');
      case 'heap': {
        // The runtime itself gives up: V8 aborts the process at its heap limit.
        const objects: object[] = [];
        for (;;) {
          for (let at = 0; at < 50_000; at++) objects.push({ at, text: `${at}` });
          await wait(1);
        }
      }
      case 'memory':
        // The next worker is to show that it got the job, not to die of it.
        return job.delivery === 1 ? takeMemory() : {};
      case 'block':
        // The loop stands still without burning the processor that the other processes need.
        if (job.delivery === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
        return { wasAborted: signal.aborted };
    }
  },
});

/** Goes on after its signal, as careless code does: only the database's own comparison stops its late write. */
const fencedWriteHandler = handle(fencedWrite, {
  async run({ ms, file }, { job: { id }, fence, signal }) {
    const note = (what: 'aborted' | 'woke' | 'write', detail: string): void =>
      takeNote(notesFile, { note: what, id, fence, at: Date.now(), detail });
    signal.addEventListener('abort', () => {
      note('aborted', isProdworkError(signal.reason) ? signal.reason.code : String(signal.reason));
    });
    let until = Date.now() + ms;
    let last = Date.now();
    while (Date.now() < until) {
      await wait(50);
      const now = Date.now();
      if (now - last > 3_000) {
        note('woke', `${now - last}`);
        // Long enough to see the signal before the write.
        until = Math.max(until, now + 1_500);
      }
      last = now;
    }
    const database = new DatabaseSync(file);
    try {
      database.exec('pragma busy_timeout = 5000');
      const { changes } = database
        .prepare(
          'insert into effects (id, fence) values (?, ?) on conflict (id) do update set fence = excluded.fence where effects.fence < excluded.fence',
        )
        .run(id, fence);
      note('write', changes === 1 ? 'taken' : 'refused');
      return { isTaken: changes === 1 };
    } finally {
      database.close();
    }
  },
});

export function createEffects(file: string): void {
  const database = new DatabaseSync(file);
  database.exec('create table effects (id text primary key, fence integer not null)');
  database.close();
}

const hollowHandler = handle(hollow, {
  run({ how }) {
    const file = join(mkdtempSync(join(tmpdir(), 'prodwork-hollow-')), 'backup');
    if (how === 'pipe') execFileSync('sh', ['-c', `false | gzip > ${file}`]);
    else writeFileSync(file, how === 'empty' ? '' : 'id,name\n');
    return { file, how };
  },
  verify(result) {
    const { file, how } = result as { file: string; how: string };
    const bytes = readFileSync(file);
    if (bytes.length === 0) throw new Error('backup-not-empty: the file has 0 bytes');
    if (how === 'pipe') {
      const text = execFileSync('gzip', ['-dc', file]);
      if (text.length === 0) throw new Error('archive-not-empty: nothing is inside the archive');
    }
    const rows = bytes.toString().trim().split('\n').length - 1;
    if (rows < 1) throw new Error('rows-exported: 0 rows');
    return { rows };
  },
});

const rareHandler = handle(rare, { run: () => ({}) });

export const handlers = {
  work: workHandler,
  harm: harmHandler,
  'fenced-write': fencedWriteHandler,
  hollow: hollowHandler,
  rare: rareHandler,
};
