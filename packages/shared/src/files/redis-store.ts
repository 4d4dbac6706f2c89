import { createHash } from 'node:crypto';
import { isProdworkError, ProdworkError } from '../errors.ts';
import { formatFileRef, parseFileRef } from '../job/file-ref.ts';
import { randomLocalId } from '../job/ids.ts';
import { type Connection, closeConnection, createConnection, keepConnected, whenReady } from '../redis/connections.ts';
import { isReply, runScript, type Script, type ScriptArg } from '../redis/script.ts';
import { type FileStore, fileId, inPieces, type NewFile, notFound, type StoredFile, safeName } from './file-store.ts';
import { fileType } from './file-type.ts';
import { append, commit, discard, keep } from './scripts.ts';

export interface RedisFilesOptions {
  readonly redisUrl: string;
  /** Prefix of every key. */
  readonly prefix: string;
  /** All files together, bytes. */
  readonly quotaBytes: number;
}

/** A command whose answer takes longer has failed, ms. */
const ANSWER_WITHIN_MS = 1_800;
/** An upload that receives nothing for this long is given up, ms. */
const UPLOAD_LIFE_MS = 120_000;

/** Files in Redis, beside the jobs, over a connection of their own that the first call opens. */
export class RedisFiles implements FileStore {
  readonly #options: RedisFilesOptions;
  readonly #own: string;
  #connection: Connection | undefined;
  #isStopped = false;

  constructor(options: RedisFilesOptions) {
    this.#options = options;
    this.#own = `${options.prefix}:{files}:`;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#connection) closeConnection(this.#connection);
  }

  async write(file: NewFile): Promise<StoredFile> {
    const name = safeName(file.name);
    const upload = `up-${randomLocalId()}`;
    try {
      return await this.#upload(file, name, upload);
    } catch (error) {
      // Its life ends by itself when this does not reach Redis.
      await this.#run(discard, [upload]).catch(() => {});
      throw error;
    }
  }

  async find(ref: string): Promise<StoredFile | undefined> {
    return (await this.#look(ref))?.file;
  }

  async *read(ref: string): AsyncGenerator<Buffer> {
    const found = await this.#look(ref);
    if (found === undefined) throw notFound();
    for (let piece = 0; piece < found.pieces; piece += 1) {
      const bytes = await this.#ask((redis) => redis.hgetBuffer(`${this.#own}d:${found.id}`, String(piece)));
      if (bytes === null) throw notFound();
      yield bytes;
    }
  }

  async keep(refs: readonly string[], keepMs: number): Promise<readonly string[]> {
    if (refs.length === 0) return [];
    // What is no reference names a file that is not there.
    const named = refs.map((ref) => parseFileRef(ref) ?? { id: '', name: '' });
    const reply = await this.#run(keep, [keepMs, ...named.flatMap(({ id, name }) => [id, name])]);
    const answers = Array.isArray(reply) ? reply.map(Number) : [];
    return refs.filter((_ref, index) => answers[index] !== 1);
  }

  async #upload(file: NewFile, name: string, upload: string): Promise<StoredFile> {
    const digest = createHash('sha256');
    let bytes = 0;
    let pieces = 0;
    let type = '';
    for await (const piece of inPieces(file.content)) {
      if (pieces === 0) type = fileType(name, piece);
      digest.update(piece);
      bytes += piece.length;
      const answer = await this.#run(append, [upload, pieces, piece, this.#options.quotaBytes, UPLOAD_LIFE_MS]);
      if (answer === 'full') throw new ProdworkError('FILES_FULL', undefined, { retryAfterSeconds: 60 });
      if (answer !== 'ok') throw uploadLost();
      pieces += 1;
    }
    const sha256 = digest.digest('hex');
    const id = fileId(file, name, sha256);
    const fields = ['name', name, 'type', type, 'bytes', bytes, 'sha256', sha256, 'pieces', pieces];
    if ((await this.#run(commit, [upload, id, file.keepMs, ...fields])) !== 'ok') throw uploadLost();
    return { ref: formatFileRef({ id, name }), name, type, bytes, sha256 };
  }

  async #look(ref: string): Promise<{ id: string; pieces: number; file: StoredFile } | undefined> {
    const address = parseFileRef(ref);
    if (address === undefined) return undefined;
    const { id } = address;
    const { name, type, bytes, sha256, pieces } = await this.#ask((redis) => redis.hgetall(`${this.#own}m:${id}`));
    if (name !== address.name || type === undefined || sha256 === undefined) return undefined;
    return { id, pieces: Number(pieces), file: { ref, name, type, bytes: Number(bytes), sha256 } };
  }

  #run(script: Script, args: readonly ScriptArg[]): Promise<unknown> {
    const keys = ['sizes', 'expiry', 'total'].map((key) => this.#own + key);
    return this.#ask((redis) => runScript(redis, script, keys, args));
  }

  async #ask<T>(command: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#isStopped) throw new ProdworkError('QUEUE_UNAVAILABLE', 'this process is leaving');
    if (this.#connection === undefined) {
      this.#connection = createConnection(this.#options.redisUrl, {
        name: 'prodwork:files',
        silenceMs: ANSWER_WITHIN_MS,
      });
      keepConnected(this.#connection);
    }
    try {
      await whenReady(this.#connection, ANSWER_WITHIN_MS);
      return await command(this.#connection);
    } catch (error) {
      if (isProdworkError(error)) throw error;
      if (isReply(error, 'OOM')) {
        throw new ProdworkError('FILES_FULL', 'Redis has no memory left', { retryAfterSeconds: 60, cause: error });
      }
      throw new ProdworkError('QUEUE_UNAVAILABLE', 'Redis did not answer; no file was stored', {
        retryAfterSeconds: 2,
        cause: error,
      });
    }
  }
}

const uploadLost = (): ProdworkError =>
  new ProdworkError('QUEUE_UNAVAILABLE', 'Redis forgot the upload half-way; no file was stored', {
    retryAfterSeconds: 2,
  });
