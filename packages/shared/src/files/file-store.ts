import { createHash } from 'node:crypto';
import { ProdworkError } from '../errors.ts';
import { cleanFileName, FILE_NAME_CHARS } from '../job/file-ref.ts';
import { randomLocalId } from '../job/ids.ts';
import { LIMITS } from '../job/limits.ts';
import type { Service } from '../service.ts';

export interface StoredFile {
  /** How payloads and results name it. */
  readonly ref: string;
  readonly name: string;
  /** Media type, told from the content: never what its sender claims. */
  readonly type: string;
  readonly bytes: number;
  /** Of the content, in hex. */
  readonly sha256: string;
}

export interface NewFile {
  /** Any text up to 255 characters; it is made safe. */
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** With it the same content under the same name is the same file: what may be sent twice makes one. */
  readonly idFrom?: string;
  /** Life from now on, ms. */
  readonly keepMs: number;
}

/**
 * Where uploads and results that are files live. A file has a life: it is gone when nobody has referred to it for that
 * long. All files together have a quota.
 *
 * Every call answers within a few seconds, and throws ProdworkError `QUEUE_UNAVAILABLE` when the store is away.
 */
export interface FileStore extends Service {
  /**
   * Stores the content piece by piece as it comes; nothing of it stays when it fails.
   * @throws ProdworkError `FILE_TOO_LARGE`, `FILES_FULL`, `INVALID_FIELD` (its name), or what the content throws.
   */
  write(file: NewFile): Promise<StoredFile>;
  /** The file, or undefined: there is none, or it is no longer kept. */
  find(ref: string): Promise<StoredFile | undefined>;
  /** Its content, in pieces. @throws ProdworkError `FILE_NOT_FOUND`, also half-way when its life ends. */
  read(ref: string): AsyncGenerator<Buffer>;
  /** Lets files live for at least this long, ms from now. Answers those that are not there. */
  keep(refs: readonly string[], keepMs: number): Promise<readonly string[]>;
}

/** Content is stored in pieces of this size: small enough for a script call to stay short. */
export const PIECE_BYTES = 256 * 1024;

/** Pieces of one size, and their total held against the limit. @throws ProdworkError `FILE_TOO_LARGE` */
export async function* inPieces(content: NewFile['content']): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let total = 0;
  for await (const chunk of content) {
    total += chunk.byteLength;
    if (total > LIMITS.fileBytes) throw tooLarge();
    for (let rest = Buffer.from(chunk); rest.length > 0; ) {
      const part = rest.subarray(0, PIECE_BYTES - heldBytes);
      held.push(part);
      heldBytes += part.length;
      rest = rest.subarray(part.length);
      if (heldBytes < PIECE_BYTES) continue;
      yield Buffer.concat(held);
      held = [];
      heldBytes = 0;
    }
  }
  // An empty file has one piece, which is empty.
  if (heldBytes > 0 || total === 0) yield Buffer.concat(held);
}

export const tooLarge = (): ProdworkError => {
  const rule = `at most ${LIMITS.fileBytes / 1024 / 1024} MiB`;
  return new ProdworkError('FILE_TOO_LARGE', `The file is too large: ${rule}.`, { rule });
};

export const notFound = (): ProdworkError =>
  new ProdworkError('FILE_NOT_FOUND', 'There is no such file: it was never stored, or its life is over.');

/** A new id: random, or made from what shall be the same. */
export function fileId({ idFrom }: NewFile, name: string, sha256: string): string {
  if (idFrom === undefined) return randomLocalId();
  return createHash('sha256')
    .update(JSON.stringify([idFrom, name, sha256]))
    .digest('base64url')
    .slice(0, 22);
}

/** @throws ProdworkError `INVALID_FIELD` when the name is too long to be one. */
export function safeName(given: string): string {
  if (given.length <= FILE_NAME_CHARS) return cleanFileName(given);
  const rule = `must have at most ${FILE_NAME_CHARS} characters`;
  throw new ProdworkError('INVALID_FIELD', `The file's name ${rule}.`, { field: 'filename', rule });
}
