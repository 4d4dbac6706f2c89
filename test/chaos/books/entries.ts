import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** A line that a worker's runtime wrote (packages/worker/src/runtime/ledger.ts). */
export interface WorkerEntry {
  readonly e: 'start' | 'end' | 'commit' | 'commit?' | 'handback' | 'handback?' | 'lost';
  readonly id: string;
  readonly generation: number;
  readonly fence: number;
  readonly type: string;
  readonly delivery: number;
  readonly worker: string;
  /** Epoch ms, by the worker's own clock. */
  readonly at: number;
  readonly outcome?: string;
}

/** A line that the submitting client wrote around each submit. `ref` is its own name for the job. */
export interface ClientEntry {
  readonly e: 'try' | 'ok' | 'unknown' | 'refused';
  readonly ref: string;
  /** Of `ok`: the job's id. */
  readonly id?: string;
  readonly at: number;
  /** Of `try`: the id that the client chose, when it chose one. */
  readonly chosen?: string;
  readonly code?: string;
}

export type Entry = WorkerEntry | ClientEntry;

const CHUNK = 1 << 20;

interface Tail {
  readonly file: number;
  at: number;
  rest: string;
}

/** Reads the ledger files of a folder as they grow. A line that a kill cut off is counted, not believed. */
export class LedgerReader {
  readonly #folder: string;
  readonly #tails = new Map<string, Tail>();
  readonly #buffer = Buffer.allocUnsafe(CHUNK);
  #torn = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Lines that could not be read. */
  get torn(): number {
    return this.#torn;
  }

  /** Everything written since the last call. */
  poll(onEntry: (entry: Entry) => void): void {
    for (const name of readdirSync(this.#folder)) {
      if (name.endsWith('.jsonl')) this.#drain(this.#tailOf(name), onEntry);
    }
  }

  close(): void {
    for (const { file } of this.#tails.values()) closeSync(file);
    this.#tails.clear();
  }

  #tailOf(name: string): Tail {
    const known = this.#tails.get(name);
    if (known) return known;
    const tail = { file: openSync(join(this.#folder, name), 'r'), at: 0, rest: '' };
    this.#tails.set(name, tail);
    return tail;
  }

  #drain(tail: Tail, onEntry: (entry: Entry) => void): void {
    for (;;) {
      const bytes = readSync(tail.file, this.#buffer, 0, CHUNK, tail.at);
      if (bytes === 0) return;
      tail.at += bytes;
      const lines = (tail.rest + this.#buffer.toString('latin1', 0, bytes)).split('\n');
      tail.rest = lines.pop() ?? '';
      for (const line of lines) this.#read(line, onEntry);
    }
  }

  #read(line: string, onEntry: (entry: Entry) => void): void {
    // The next process of the same worker writes on behind a torn line: its own line is whole.
    const whole = line.slice(Math.max(0, line.lastIndexOf('{"e":')));
    if (whole.length !== line.length) this.#torn++;
    try {
      // Written by our own runtime or client: the one cast at this edge.
      onEntry(JSON.parse(whole) as Entry);
    } catch {
      this.#torn++;
    }
  }
}
