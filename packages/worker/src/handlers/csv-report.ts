import { handle, PermanentError } from 'prodwork/job/handle';
import { csvReport as definition } from 'prodwork/jobs/csv-report';
import { chart } from './csv-chart.ts';
import { readTable } from './csv-table.ts';

/** Statistics of a table that was uploaded or typed in. */
export const csvReport = handle(definition, {
  async run({ file, text }, { files, signal, progress }) {
    const content = file === undefined ? Buffer.from(text ?? '') : (await files.read(file)).content;
    if (content.includes(0)) throw new PermanentError('the file is no text');
    const table = await readTable(content, signal, progress);
    signal.throwIfAborted();
    const picture = await files.write('chart.svg', chart(table));
    return { rows: table.rows, chart: picture, columns: [...table.columns] };
  },

  /** The chart is there, and no column claims more values than there are rows. */
  async verify({ rows, chart: picture, columns }, { files }) {
    const stored = await files.read(picture);
    if (!stored.content.includes('</svg>')) throw new Error('the chart was not stored whole');
    for (const { name, filled } of columns) if (filled > rows) throw new Error(`${name}: more values than rows`);
    return { chartBytes: stored.content.length, columns: columns.length };
  },
});
