import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface Dump {
  readonly bytes: number;
  readonly dumpBytes: number;
  readonly sha256: string;
}

const STDERR_CHARS = 2_000;

/**
 * Runs `pg_dump` without a shell, straight into a compressed file on disk.
 * @param snapshot of a transaction that stays open meanwhile: the dump sees what that transaction sees.
 * @throws Error when the program did not end with 0 by itself, whatever it had written until then.
 */
export async function dumpTo(
  file: string,
  { pgDump, url, snapshot, signal }: { pgDump: string; url: string; snapshot: string; signal: AbortSignal },
): Promise<Dump> {
  await mkdir(dirname(file), { recursive: true });
  const { withoutPassword, password } = splitPassword(url);
  const child = spawn(
    pgDump,
    ['--no-password', '--no-owner', '--no-privileges', `--snapshot=${snapshot}`, `--dbname=${withoutPassword}`],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
      // The password would be seen by everybody in the list of processes.
      env: { PATH: dirname(pgDump), LC_ALL: 'C.UTF-8', ...(password === '' ? {} : { PGPASSWORD: password }) },
    },
  );
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(`pg_dump did not run: ${error.message}`));
    child.once('close', (code, killedBy) =>
      resolve(code === 0 ? undefined : `pg_dump ended with ${killedBy ?? `code ${code}`}`),
    );
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARS);
  });
  const hash = createHash('sha256');
  let dumpBytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      dumpBytes += chunk.length;
      done(null, chunk);
    },
  });
  const written = pipeline(child.stdout, meter, createGzip({ level: 6 }), createWriteStream(file, { mode: 0o600 }), {
    signal,
  });
  const [fault, writing] = await Promise.all([ended, Promise.allSettled([written])]);
  signal.throwIfAborted();
  if (fault !== undefined) throw new Error(`${fault}${stderr === '' ? '' : `: ${stderr.trim()}`}`);
  for (const one of writing) if (one.status === 'rejected') throw one.reason;
  await flush(file);
  return { bytes: (await stat(file)).size, dumpBytes, sha256: hash.digest('hex') };
}

/** On disk, not merely in the system's memory: a backup is there for the day after a power cut. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function splitPassword(url: string): { withoutPassword: string; password: string } {
  const parsed = new URL(url);
  const password = decodeURIComponent(parsed.password);
  parsed.password = '';
  return { withoutPassword: parsed.href, password };
}
