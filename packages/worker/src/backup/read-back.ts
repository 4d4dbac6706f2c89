import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** What was found when the file was read from its first byte to its last. */
export interface ReadBack {
  readonly dumpBytes: number;
  readonly sha256: string;
  /** `pg_dump` writes this line last. */
  readonly hasFooter: boolean;
  /** Rows per table, counted in the dump. */
  readonly tables: ReadonlyMap<string, number>;
}

const FOOTER = /^-- PostgreSQL database dump complete$/;
const COPY = /^COPY (.+?) (?:\(.*\) )?FROM stdin;$/;
const LINE_KEPT = 4_096;
const NEWLINE = 10;

/**
 * Unpacks a dump and counts what is in it; holds no more than a line of it in memory.
 * @throws Error when the compression is damaged or cut.
 */
export async function readBack(file: string, signal: AbortSignal): Promise<ReadBack> {
  const hash = createHash('sha256');
  const tables = new Map<string, number>();
  let dumpBytes = 0;
  let hasFooter = false;
  let table: string | undefined;
  /** The beginning of the line being read: a row may be long, and only its beginning tells what it is. */
  let line = '';

  const onLine = (): void => {
    if (table !== undefined) {
      if (line === '\\.') table = undefined;
      else tables.set(table, (tables.get(table) ?? 0) + 1);
    } else {
      table = COPY.exec(line)?.[1];
      if (table !== undefined && !tables.has(table)) tables.set(table, 0);
      hasFooter ||= FOOTER.test(line);
    }
    line = '';
  };

  await pipeline(
    createReadStream(file),
    createGunzip(),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        dumpBytes += chunk.length;
        let from = 0;
        for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
          if (line.length < LINE_KEPT) line += chunk.toString('utf8', from, Math.min(to, from + LINE_KEPT));
          onLine();
          from = to + 1;
        }
        if (line.length < LINE_KEPT) line += chunk.toString('utf8', from, Math.min(chunk.length, from + LINE_KEPT));
      }
    },
    { signal },
  );
  return { dumpBytes, sha256: hash.digest('hex'), hasFooter: hasFooter && table === undefined, tables };
}
