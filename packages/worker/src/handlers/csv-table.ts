import { Readable } from 'node:stream';
import { parse } from 'csv-parse';

/** What is known of a column after the last row. */
export interface ColumnFacts {
  readonly name: string;
  readonly kind: 'number' | 'text' | 'empty';
  readonly filled: number;
  readonly distinct: number;
  readonly least?: number;
  readonly mean?: number;
  readonly most?: number;
  readonly commonest?: string;
}

export interface Table {
  readonly rows: number;
  readonly columns: readonly ColumnFacts[];
  /** The numbers of each column of that kind, in order. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  /** How often each text of the first column of texts occurs, most often first. */
  readonly texts: { readonly name: string; readonly counts: readonly (readonly [string, number])[] } | undefined;
}

const COLUMNS_MAX = 50;
const DISTINCT_MAX = 1_000;
const NAME_CHARS = 60;
const SLICE_BYTES = 64 * 1024;

/**
 * Reads a table, slice by slice so that its records are never held all at once.
 * @throws Error that says what is wrong with it.
 */
export async function readTable(content: Buffer, onShare: (percent: number) => void): Promise<Table> {
  const delimiter = delimiterOf(content);
  const options = { bom: true, skip_empty_lines: true, relax_column_count: true, trim: true } as const;
  const parser = Readable.from(slices(content, onShare)).pipe(
    parse({ ...options, delimiter, max_record_size: 200_000 }),
  );
  let columns: Column[] | undefined;
  let rows = 0;
  for await (const record of parser) {
    const cells: readonly string[] = record;
    if (columns === undefined) {
      columns = headings(cells).map((name) => new Column(name, delimiter === ';'));
      continue;
    }
    rows += 1;
    for (const [at, column] of columns.entries()) column.add(cells[at] ?? '');
  }
  if (columns === undefined) throw new Error('it is empty: its first line names the columns');
  const numeric = columns.filter(({ kind }) => kind === 'number');
  const textual = columns.find(({ kind }) => kind === 'text');
  return {
    rows,
    columns: columns.map((column) => column.facts()),
    numbers: new Map(numeric.map(({ name, numbers }) => [name, numbers])),
    texts: textual && { name: textual.name, counts: textual.commonest(8) },
  };
}

/** The one that the first line has most of. */
function delimiterOf(content: Buffer): string {
  const [line = ''] = content.toString('utf8', 0, 4_096).split('\n', 1);
  const count = (character: string): number => line.split(character).length;
  return [';', '\t'].reduce((best, candidate) => (count(candidate) > count(best) ? candidate : best), ',');
}

function* slices(content: Buffer, onShare: (percent: number) => void): Generator<Buffer> {
  for (let at = 0; at < content.length; at += SLICE_BYTES) {
    onShare(Math.floor((at / content.length) * 90));
    yield content.subarray(at, at + SLICE_BYTES);
  }
}

/** Names that are missing, too long or used twice are made usable. */
function headings(cells: readonly string[]): readonly string[] {
  if (cells.length > COLUMNS_MAX) throw new Error(`${cells.length} columns, and ${COLUMNS_MAX} at most`);
  const seen = new Map<string, number>();
  return cells.map((cell, at) => {
    const name = cell.slice(0, NAME_CHARS).toWellFormed() || `column ${at + 1}`;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name} (${before + 1})`;
  });
}

class Column {
  readonly name: string;
  readonly numbers: number[] = [];
  readonly #counts = new Map<string, number>();
  readonly #hasCommas: boolean;
  #filled = 0;

  /** @param hasCommas where columns end in `;`, `1,5` is one and a half. */
  constructor(name: string, hasCommas: boolean) {
    this.name = name;
    this.#hasCommas = hasCommas;
  }

  get kind(): ColumnFacts['kind'] {
    if (this.#filled === 0) return 'empty';
    return this.numbers.length === this.#filled ? 'number' : 'text';
  }

  add(cell: string): void {
    if (cell === '') return;
    this.#filled += 1;
    const value = cell.slice(0, NAME_CHARS);
    const before = this.#counts.get(value);
    if (before !== undefined || this.#counts.size < DISTINCT_MAX) this.#counts.set(value, (before ?? 0) + 1);
    // One text makes it a column of texts: its numbers are of no use any more.
    if (this.numbers.length !== this.#filled - 1) return;
    const plain = this.#hasCommas ? cell.replace(',', '.') : cell;
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(plain) && Number.isFinite(Number(plain))) {
      this.numbers.push(Number(plain));
    }
  }

  /** Most often first; of equals, the one seen first. */
  commonest(most: number): readonly (readonly [string, number])[] {
    return [...this.#counts].sort(([, a], [, b]) => b - a).slice(0, most);
  }

  facts(): ColumnFacts {
    const { name, kind } = this;
    const base = { name, kind, filled: this.#filled, distinct: this.#counts.size };
    if (kind === 'number') return { ...base, ...spread(this.numbers) };
    const [first] = this.commonest(1);
    return first === undefined ? base : { ...base, commonest: first[0].toWellFormed() };
  }
}

function spread(numbers: readonly number[]): { least: number; mean: number; most: number } {
  let least = Infinity;
  let most = -Infinity;
  let mean = 0;
  for (const [at, number] of numbers.entries()) {
    if (number < least) least = number;
    if (number > most) most = number;
    mean += (number - mean) / (at + 1);
  }
  return { least, mean: Number(mean.toPrecision(6)), most };
}
