import type { Multipart, MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { isProdworkError, ProdworkError } from 'prodwork/errors';
import type { FileStore, StoredFile } from 'prodwork/files/file-store';
import { LIMITS } from 'prodwork/job/limits';

interface Limits {
  readonly files: number;
  readonly fields: number;
  /** One text, bytes. */
  readonly fieldSize: number;
}

/** A file is read this far, so that one byte too many is seen. */
const FILE_READ = LIMITS.fileBytes + 1;

/**
 * The parts of a multipart body, one after the other; none is held. When the reader leaves early, the rest is not parsed.
 * @throws ProdworkError `INVALID_BODY`, `BODY_TOO_LARGE`
 */
export async function* partsOf(request: FastifyRequest, limits: Limits): AsyncGenerator<Multipart> {
  try {
    const parts = limits.files + limits.fields;
    yield* request.parts({ limits: { ...limits, parts, fileSize: FILE_READ, fieldNameSize: 200 } });
  } catch (error) {
    throw unreadable(error);
  } finally {
    request.raw.unpipe();
  }
}

interface Options {
  readonly files: FileStore;
  /** How long files are kept that a job refers to, ms. */
  readonly keepMs: number;
  /** See `NewFile.idFrom`. */
  readonly idFrom?: string;
}

/** Stores one part of a multipart body, piece by piece as it comes. What follows in the body can still be read. */
export function storeUpload(part: MultipartFile, { files, keepMs, idFrom }: Options): Promise<StoredFile> {
  return files.write({
    name: part.filename,
    content: contentOf(part),
    keepMs: Math.min(keepMs, LIMITS.uploadKeepMs),
    ...(idFrom !== undefined && { idFrom }),
  });
}

async function* contentOf({ file }: MultipartFile): AsyncGenerator<Buffer> {
  try {
    // Left open when storing fails: whoever reads the body decides whether to go on.
    yield* file.iterator({ destroyOnReturn: false });
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): ProdworkError {
  if (isProdworkError(error)) return error;
  if (error instanceof Error && 'statusCode' in error && error.statusCode === 413) {
    return new ProdworkError('BODY_TOO_LARGE', 'The body has too many parts.', { cause: error });
  }
  return new ProdworkError('INVALID_BODY', 'The multipart body cannot be read, or was cut short.', { cause: error });
}
