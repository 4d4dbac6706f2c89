import type { Writable } from 'node:stream';

const COLOURS = [36, 33, 35, 32, 34, 31];

/** Puts a process's name before each of its lines, in one column, each name in its colour on a terminal. */
export class LinePrefix {
  readonly #out: Writable;
  readonly #isColoured: boolean;
  readonly #width: number;
  readonly #names: readonly string[];

  constructor(out: Writable, isColoured: boolean, names: readonly string[]) {
    this.#out = out;
    this.#isColoured = isColoured;
    this.#names = names;
    this.#width = Math.max(...names.map((name) => name.length));
  }

  line(name: string, text: string): void {
    const label = `${name.padEnd(this.#width)} | `;
    const colour = COLOURS[this.#names.indexOf(name) % COLOURS.length] ?? 0;
    this.#out.write(this.#isColoured ? `\u001b[${colour}m${label}\u001b[0m${text}\n` : `${label}${text}\n`);
  }
}
