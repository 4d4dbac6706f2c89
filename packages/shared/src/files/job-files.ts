import { isProdworkError } from '../errors.ts';
import { type JobFiles, PermanentError } from '../job/handle.ts';
import { type FileStore, notFound } from './file-store.ts';

export interface JobFilesOptions {
  readonly store: FileStore;
  /** How long a file is kept after its last use, ms. */
  readonly keepMs: number;
  /** The same for every attempt of a job: what two attempts write alike is one file. */
  readonly idempotencyKey: string;
}

/** The files of one job, as its handler sees them. */
export function jobFiles({ store, keepMs, idempotencyKey }: JobFilesOptions): JobFiles {
  return {
    async read(ref) {
      return lasting(async () => {
        const [[missing], file] = await Promise.all([store.keep([ref], keepMs), store.find(ref)]);
        if (missing !== undefined || file === undefined) throw notFound();
        const pieces: Buffer[] = [];
        for await (const piece of store.read(ref)) pieces.push(piece);
        return { name: file.name, type: file.type, content: Buffer.concat(pieces) };
      });
    },
    async write(name, content) {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      return lasting(async () => (await store.write({ name, content: [bytes], keepMs, idFrom: idempotencyKey })).ref);
    },
  };
}

/** No other attempt finds a file whose life is over, or makes one smaller. */
async function lasting<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isProdworkError(error, 'FILE_NOT_FOUND') || isProdworkError(error, 'FILE_TOO_LARGE')) {
      throw new PermanentError(error.message, { cause: error });
    }
    throw error;
  }
}
