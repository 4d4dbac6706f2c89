import { closeSync, openSync, writeSync } from 'node:fs';
import type { ClientEntry } from '../books/entries.ts';

/** The client's side of the books: a line before each submit and one after it. */
export class ClientBook {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  write(entry: Omit<ClientEntry, 'at'>): void {
    writeSync(this.#file, `${JSON.stringify({ ...entry, at: Date.now() })}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}
