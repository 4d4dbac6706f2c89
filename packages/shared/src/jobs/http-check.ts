import { Type } from 'typebox';
import { defineJob } from '../job/define-job.ts';

/** Asks a public address, and cannot be led to a private one: whoever may submit jobs may not look into our network. */
export const httpCheck = defineJob({
  type: 'http-check',
  title: 'HTTP check',
  description: 'Fetches a public address: status, size, hash and time, through redirects.',
  input: Type.Object(
    {
      url: Type.String({
        format: 'uri',
        pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s/]',
        maxLength: 2_000,
        title: 'Address',
        description: 'http:// or https://, a public host, port 80 or 443.',
        examples: ['https://example.com/'],
      }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    status: Type.Integer(),
    url: Type.String({ description: 'Where the answer came from, after redirects.' }),
    type: Type.String({ description: 'Its Content-Type.' }),
    bytes: Type.Integer({ description: 'Of the body, as it was sent.' }),
    sha256: Type.String({ description: 'Of the body, in hex.' }),
    ms: Type.Integer({ description: 'From the first request to the end of the body.' }),
    redirects: Type.Array(Type.String()),
  }),
  timeoutMs: 30_000,
});
