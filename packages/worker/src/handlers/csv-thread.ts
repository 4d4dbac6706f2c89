import type { MessagePort } from 'node:worker_threads';
import { chart } from './csv-chart.ts';
import { type ColumnFacts, readTable } from './csv-table.ts';

export interface CsvTask {
  readonly content: Uint8Array;
  /** Is sent the share that is done, 0 to 100. */
  readonly port: MessagePort;
}

export type CsvReport =
  | { readonly rows: number; readonly columns: readonly ColumnFacts[]; readonly svg: string }
  /** Why the table cannot be read. An error would lose its class on the way out of the thread. */
  | { readonly fault: string };

export default async function report({ content, port }: CsvTask): Promise<CsvReport> {
  try {
    const table = await readTable(Buffer.from(content.buffer, content.byteOffset, content.byteLength), (percent) =>
      port.postMessage(percent),
    );
    return { rows: table.rows, columns: table.columns, svg: chart(table) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}
