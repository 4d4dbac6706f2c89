import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import { ProdworkError } from '../errors.ts';
import { formatFileRef } from '../job/file-ref.ts';
import { type FileStore, fileId, inPieces, notFound, type StoredFile, safeName } from './file-store.ts';
import { fileType } from './file-type.ts';

interface Entry {
  readonly file: StoredFile;
  readonly content: Buffer;
  expiresAt: number;
}

/** Files in this process, for tests. */
export function memoryFiles({
  quotaBytes = Infinity,
  clock = systemClock,
}: {
  quotaBytes?: number;
  clock?: Clock;
} = {}): FileStore {
  const entries = new Map<string, Entry>();
  const living = (ref: string): Entry | undefined => {
    const entry = entries.get(ref);
    if (entry !== undefined && entry.expiresAt <= clock.now()) entries.delete(ref);
    return entries.get(ref);
  };
  return {
    async start() {},
    async stop() {},
    async write(asked) {
      const name = safeName(asked.name);
      const pieces: Buffer[] = [];
      for await (const piece of inPieces(asked.content)) pieces.push(piece);
      const content = Buffer.concat(pieces);
      const used = [...entries.keys()].reduce((sum, ref) => sum + (living(ref)?.file.bytes ?? 0), 0);
      if (used + content.length > quotaBytes) throw new ProdworkError('FILES_FULL');
      const sha256 = createHash('sha256').update(content).digest('hex');
      const ref = formatFileRef({ id: fileId(asked, name, sha256), name });
      const file = { ref, name, type: fileType(name, content), bytes: content.length, sha256 };
      entries.set(ref, { file, content, expiresAt: clock.now() + asked.keepMs });
      return file;
    },
    find: async (ref) => living(ref)?.file,
    async *read(ref) {
      const entry = living(ref);
      if (entry === undefined) throw notFound();
      yield* inPieces([entry.content]);
    },
    async keep(refs, keepMs) {
      for (const ref of refs) {
        const entry = living(ref);
        if (entry !== undefined) entry.expiresAt = Math.max(entry.expiresAt, clock.now() + keepMs);
      }
      return refs.filter((ref) => living(ref) === undefined);
    },
  };
}
