import { parse } from 'node:path';
import { SAFE_PICTURES } from 'prodwork/files/file-type';
import { handle, PermanentError } from 'prodwork/job/handle';
import { thumbnail as definition } from 'prodwork/jobs/thumbnail';
import sharp from 'sharp';

/** A picture of more is refused before it is unpacked: as plain pixels this many take about 200 MB. */
const PIXELS_MAX = 50_000_000;
/** Longest that the decoder may take, seconds: it runs in threads of its own and cannot be stopped in between. */
const DECODE_SECONDS = 20;

// Of all that the decoder knows, only the formats that the type names: the fewest parsers, and no format with script.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((format) => `VipsForeignLoad${format}`),
});
sharp.cache(false);
sharp.concurrency(1);

/** Decoded and encoded outside the event loop, by threads of libvips. */
export const thumbnail = handle(definition, {
  async run({ file, width }, { files, signal, progress }) {
    const source = await files.read(file);
    signal.throwIfAborted();
    if (!SAFE_PICTURES.has(source.type)) {
      throw new PermanentError(`${source.name} is no picture that is read here: JPEG, PNG, WebP, GIF or AVIF`);
    }
    progress(10);
    const input = sharp(source.content, { limitInputPixels: PIXELS_MAX, failOn: 'error', sequentialRead: true });
    const found = await decoded(input.metadata());
    signal.throwIfAborted();
    progress(30);
    const smaller = input.autoOrient().resize({ width }).webp({ quality: 82 }).timeout({ seconds: DECODE_SECONDS });
    const { data, info } = await untilAborted(decoded(smaller.toBuffer({ resolveWithObject: true })), signal);
    progress(90);
    const picture = await files.write(`${parse(source.name).name}-${width}.webp`, data);
    const from = `${found.width} × ${found.height} ${found.format}`;
    return { picture, width: info.width, height: info.height, bytes: info.size, from };
  },

  /** The file that was stored is opened again: it decodes, and is as large as the result says. */
  async verify({ picture, width, height }, { files }) {
    const stored = await files.read(picture);
    const { info } = await sharp(stored.content, { limitInputPixels: PIXELS_MAX, failOn: 'error' })
      .raw()
      .toBuffer({ resolveWithObject: true });
    if (info.width !== width || info.height !== height) {
      throw new Error(`the stored picture is ${info.width} × ${info.height}, not ${width} × ${height}`);
    }
    return { decoded: `${info.width} × ${info.height}`, bytes: stored.content.length };
  },
});

/** What cannot be decoded today cannot be decoded tomorrow. */
async function decoded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Only a busy machine runs out of time; another attempt may not.
    if (/timeout/i.test(message)) throw error;
    throw new PermanentError(`the picture cannot be read: ${message.split('\n', 1)[0]}`, { cause: error });
  }
}

/** Rejects as soon as the signal fires; the threads end their picture, within their own time limit, for nobody. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Its end has nobody to tell any more.
    work.catch(() => {});
  }
}
