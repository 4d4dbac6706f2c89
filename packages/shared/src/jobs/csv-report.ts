import { Type } from 'typebox';
import { defineJob } from '../job/define-job.ts';
import { FileRef } from '../job/file-ref.ts';

const Column = Type.Object({
  name: Type.String(),
  kind: Type.Union([Type.Literal('number'), Type.Literal('text'), Type.Literal('empty')]),
  filled: Type.Integer({ description: 'Rows that have a value.' }),
  distinct: Type.Integer({ description: 'Different values; 1,000 stands for that many or more.' }),
  least: Type.Optional(Type.Number()),
  mean: Type.Optional(Type.Number()),
  most: Type.Optional(Type.Number()),
  commonest: Type.Optional(Type.String()),
});

/** Statistics of a table, and a chart. */
export const csvReport = defineJob({
  type: 'csv-report',
  title: 'CSV report',
  description: 'Statistics of each column of a table, and a chart of its numbers.',
  input: Type.Object(
    {
      file: Type.Optional(
        FileRef({
          title: 'CSV file',
          description: 'Its first line holds the names of the columns. Up to 10 MiB; give this or the text below.',
          accept: '.csv,.tsv,.txt,text/csv',
        }),
      ),
      text: Type.Optional(
        Type.String({
          maxLength: 100_000,
          title: 'Or the table itself',
          description: 'Comma, semicolon or tab between the columns.',
          examples: ['city,people\nBerlin,3755251\nHamburg,1892122\nMunich,1512491'],
        }),
      ),
    },
    { additionalProperties: false, minProperties: 1, maxProperties: 1 },
  ),
  output: Type.Object({
    rows: Type.Integer(),
    chart: FileRef({ title: 'Chart' }),
    columns: Type.Array(Column),
  }),
  timeoutMs: 120_000,
});
