import type { FastifyRequest } from 'fastify';
import { isProdworkError, ProdworkError } from 'prodwork/errors';
import type { FileStore } from 'prodwork/files/file-store';
import { tooLarge } from 'prodwork/files/file-store';
import { type Field, fieldsOf, keptControl } from '../views/fields.ts';
import type { Catalog } from './catalog.ts';
import type { Fault } from './rules.ts';
import { partsOf, storeUpload } from './upload.ts';

/** Texts of the form, all together, bytes: two payloads and the names of the fields. */
export const FORM_BYTES = 1024 * 1024;
/** A form with a file that is too large is read to its end up to this size, so that its other fields can be shown again. */
const READ_BYTES = 64 * 1024 * 1024;

export interface FormBody {
  /** Controls and their texts; a file's is the reference of what was stored. */
  readonly fields: URLSearchParams;
  /** What is wrong with the files. */
  readonly faults: readonly Fault[];
}

interface Options {
  readonly files: FileStore;
  readonly catalog: Catalog;
  readonly keepMs: number;
}

/** What a browser sent, with or without files. @throws ProdworkError when it is neither form. */
export async function readForm(request: FastifyRequest, options: Options): Promise<FormBody> {
  const { body } = request;
  if (body instanceof URLSearchParams) return withKept(body, options.catalog, []);
  if (!request.isMultipart()) {
    throw new ProdworkError('UNSUPPORTED_MEDIA_TYPE', 'This address takes the form; programs use POST /api/jobs.', {
      field: 'Content-Type',
      rule: 'application/x-www-form-urlencoded or multipart/form-data',
    });
  }
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  if (length > READ_BYTES) throw tooLarge();
  return readParts(request, length <= READ_BYTES, options);
}

async function readParts(request: FastifyRequest, mayReadOn: boolean, options: Options): Promise<FormBody> {
  const fields = new URLSearchParams();
  const faults: Fault[] = [];
  let bytes = 0;
  for await (const part of partsOf(request, { files: 5, fields: 60, fieldSize: FORM_BYTES / 2 })) {
    if (part.type === 'field') {
      const value = String(part.value);
      bytes += part.fieldname.length + value.length;
      if (bytes > FORM_BYTES || part.valueTruncated) throw new ProdworkError('BODY_TOO_LARGE');
      fields.append(part.fieldname, value);
      continue;
    }
    const field = fileControls(fields, options.catalog).find(({ control }) => control === part.fieldname);
    if (field === undefined || !part.filename) {
      part.file.resume();
      continue;
    }
    try {
      const idFrom = `${fields.get('token')}:${part.fieldname}`;
      const { ref } = await storeUpload(part, { ...options, idFrom });
      fields.append(part.fieldname, ref);
    } catch (error) {
      if (!isProdworkError(error) || !mayReadOn || error.code === 'QUEUE_UNAVAILABLE') throw error;
      part.file.resume();
      faults.push({
        field: `payload.${field.name}`,
        rule: error.details.rule ?? 'cannot be stored: there is no room for more files now',
      });
    }
  }
  return withKept(fields, options.catalog, faults);
}

/** The controls of the chosen type that take files. */
function fileControls(fields: URLSearchParams, catalog: Catalog): readonly Field[] {
  const input = catalog.get(fields.get('type') ?? '')?.definition.input;
  return input === undefined ? [] : fieldsOf(input).filter(({ kind }) => kind === 'file');
}

function withKept(fields: URLSearchParams, catalog: Catalog, faults: readonly Fault[]): FormBody {
  for (const { control } of fileControls(fields, catalog)) {
    const kept = fields.get(keptControl(control));
    if (kept !== null && !fields.get(control)) fields.set(control, kept);
  }
  return { fields, faults };
}
