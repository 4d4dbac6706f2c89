import { Type } from 'typebox';
import { defineJob } from '../job/define-job.ts';
import { NAME_PATTERN } from '../job/names.ts';

/**
 * A database dump that is only done when it was read back. The payload names a database of the operator's list and can
 * hold nothing else: who may submit jobs may not choose where to connect or what to write.
 */
export const backup = defineJob({
  type: 'backup',
  title: 'Back up a database',
  description:
    'Dumps a database that the operator has listed, and is done only when the dump was read back and counted.',
  input: Type.Object(
    {
      database: Type.String({
        pattern: NAME_PATTERN,
        title: 'Database',
        description: "Its name in the operator's list of databases.",
      }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    database: Type.String(),
    file: Type.String({ description: "Name of the file in the operator's folder." }),
    bytes: Type.Integer({ description: 'On disk, compressed.' }),
    dumpBytes: Type.Integer(),
    sha256: Type.String({ description: 'Of the dump before compression.' }),
    tables: Type.Record(Type.String(), Type.Integer(), { description: 'Rows per table, counted in the database.' }),
  }),
  timeoutMs: 3_600_000,
  backoff: { kind: 'exponential', delayMs: 30_000, maxDelayMs: 600_000 },
});
