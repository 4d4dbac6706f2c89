import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import type { StoredFile } from 'prodwork/files/file-store';
import { LIMITS } from 'prodwork/job/limits';
import { Type } from 'typebox';
import type { Services } from '../services.ts';
import { partsOf, storeUpload } from '../submit/upload.ts';
import { problems } from './schemas.ts';

const FileSchema = Type.Object({
  id: Type.String({ description: "What a payload's field of type file holds." }),
  name: Type.String({ description: 'As it is kept: characters that could harm are replaced.' }),
  bytes: Type.Integer(),
  type: Type.String({ description: 'Media type, told from the content.' }),
});

/** `POST /api/files`: a file for a job's payload. */
export function apiFileRoutes(app: FastifyInstance, { files, config }: Services): void {
  const store = async (request: FastifyRequest): Promise<StoredFile> => {
    for await (const part of partsOf(request, { files: 1, fields: 10, fieldSize: 1_024 })) {
      if (part.type === 'file') return await storeUpload(part, { files, keepMs: config.filesKeepMs });
    }
    throw new ProdworkError('INVALID_BODY', 'The body holds no file.', { field: 'file', rule: 'one file' });
  };

  app.post(
    '/api/files',
    {
      config: { role: 'submit', takesFiles: true },
      schema: {
        tags: ['jobs'],
        operationId: 'uploadFile',
        summary: 'Upload a file for a payload',
        description: `One file of at most ${LIMITS.fileBytes / 1024 / 1024} MiB: \`curl -F file=@cat.png\`. It is kept for an hour, or for as long as the jobs need it that refer to it.`,
        consumes: ['multipart/form-data'],
        body: Type.Object({ file: Type.Unsafe<string>({ type: 'string', format: 'binary' }) }),
        response: {
          201: { ...FileSchema, description: 'Stored.' },
          ...problems(400, 401, 403, 413, 415, 429, 503),
        },
      },
    },
    async (request, reply) => {
      if (!request.isMultipart()) {
        throw new ProdworkError('UNSUPPORTED_MEDIA_TYPE', 'Files come as multipart/form-data.', {
          field: 'Content-Type',
          rule: 'multipart/form-data',
        });
      }
      const { ref, name, bytes, type } = await store(request);
      return reply.code(201).header('cache-control', 'no-store').send({ id: ref, name, bytes, type });
    },
  );
}
