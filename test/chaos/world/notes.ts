import { appendFileSync, readFileSync } from 'node:fs';

/** What a chaos handler saw, for faults that are judged by more than the books. */
export interface Note {
  readonly note: 'aborted' | 'woke' | 'write';
  readonly id: string;
  readonly fence: number;
  readonly at: number;
  /** Of `aborted`: the code of the signal's reason. Of `write`: whether the database took it. */
  readonly detail: string;
}

export function takeNote(file: string, note: Note): void {
  appendFileSync(file, `${JSON.stringify(note)}\n`);
}

export function readNotes(file: string): readonly Note[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    // Written by `takeNote` alone: the one cast at this edge.
    return lines.map((line) => JSON.parse(line) as Note);
  } catch {
    return [];
  }
}
