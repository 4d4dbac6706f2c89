import type { FileStore } from 'prodwork/files/file-store';

/** A stored file, whole. */
export async function contentOf(store: FileStore, ref: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of store.read(ref)) pieces.push(piece);
  return Buffer.concat(pieces);
}
