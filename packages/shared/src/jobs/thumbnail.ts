import { Type } from 'typebox';
import { defineJob } from '../job/define-job.ts';
import { FileRef } from '../job/file-ref.ts';

/** A picture comes back smaller. Decoding is bounded, so that a small file that unpacks to a huge one fails cleanly. */
export const thumbnail = defineJob({
  type: 'thumbnail',
  title: 'Thumbnail',
  description: 'Makes a picture smaller, and turns it the right way up.',
  input: Type.Object(
    {
      file: FileRef({
        title: 'Picture',
        description: 'JPEG, PNG, WebP, GIF or AVIF, up to 10 MiB and 50 megapixels.',
        accept: 'image/jpeg,image/png,image/webp,image/gif,image/avif',
      }),
      width: Type.Integer({
        minimum: 16,
        maximum: 2_000,
        default: 320,
        title: 'Width',
        description: 'In pixels, 16 to 2,000. The height follows.',
      }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    picture: FileRef({ title: 'Picture' }),
    width: Type.Integer(),
    height: Type.Integer(),
    bytes: Type.Integer(),
    from: Type.String({ description: 'Size and format of the picture that came in.' }),
  }),
  timeoutMs: 60_000,
});
