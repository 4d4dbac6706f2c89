import { closeSync, openSync, writeSync } from 'node:fs';
import type { ClientEntry } from '../books/entries.ts';

/** The client's side of the books: a line before each submit and one after it. */
export class ClientBook {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** Before the next step is taken: the lines of one step are one write. */
  write(...entries: readonly Omit<ClientEntry, 'at'>[]): void {
    const at = Date.now();
    writeSync(this.#file, entries.map((entry) => `${JSON.stringify({ ...entry, at })}\n`).join(''));
  }

  close(): void {
    closeSync(this.#file);
  }
}
