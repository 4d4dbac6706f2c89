import { MessageChannel } from 'node:worker_threads';
import { handle, PermanentError, type RunContext } from 'prodwork/job/handle';
import { csvReport as definition } from 'prodwork/jobs/csv-report';
import { siblingFile } from '../sibling.ts';
import type { CsvReport } from './csv-thread.ts';
import { threadPool } from './thread-pool.ts';

const threads = threadPool(siblingFile(import.meta.url, 'csv-thread'));

/** Statistics of a table that was uploaded or typed in, made in a thread: a large one takes seconds. */
export const csvReport = handle(definition, {
  async run({ file, text }, context) {
    const content = file === undefined ? Buffer.from(text ?? '') : (await context.files.read(file)).content;
    if (content.includes(0)) throw new PermanentError('the file is no text');
    const report = await inThread(content, context);
    if ('fault' in report) throw new PermanentError(`the table cannot be read: ${report.fault}`);
    const { rows, columns, svg } = report;
    return { rows, chart: await context.files.write('chart.svg', svg), columns: [...columns] };
  },

  /** The chart is there, and no column claims more values than there are rows. */
  async verify({ rows, chart, columns }, { files }) {
    const stored = await files.read(chart);
    if (!stored.content.includes('</svg>')) throw new Error('the chart was not stored whole');
    for (const { name, filled } of columns) if (filled > rows) throw new Error(`${name}: more values than rows`);
    return { chartBytes: stored.content.length, columns: columns.length };
  },
});

async function inThread(content: Buffer, { signal, progress }: RunContext): Promise<CsvReport> {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', progress);
  try {
    const report: CsvReport = await threads().run({ content, port: port2 }, { transferList: [port2], signal });
    return report;
  } finally {
    port1.close();
  }
}
