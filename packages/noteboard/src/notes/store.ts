import { ProdworkError } from 'prodwork/errors';
import type { PostgresBoot } from 'prodwork/postgres/boot';
import { postgresFault, publicError } from 'prodwork/postgres/faults';
import type { Answer, Row } from 'prodwork/postgres/pool';
import type { Draft, Note } from './note.ts';

export interface NotePage {
  /** Newest first. */
  readonly notes: readonly Note[];
  /** Give it as `before` for the next page; absent on the last one. */
  readonly cursor?: number;
}

/** `added`: a new note. `exists`: the same key with the same words. `conflict`: the key was used for other words. */
export type Added = { readonly outcome: 'added' | 'exists'; readonly note: Note } | { readonly outcome: 'conflict' };

/** Keeps notes in Postgres. Everything it throws is fit to be answered. */
export interface NoteStore {
  /** @param key the same key adds one note, however often it is sent. */
  add(draft: Draft, key: string): Promise<Added>;
  page(options: { readonly limit: number; readonly before?: number }): Promise<NotePage>;
}

const COLUMNS = 'id, name, message, (extract(epoch from created_at) * 1000)::bigint as created_at';

export function noteStore(boot: PostgresBoot): NoteStore {
  const ask = async (text: string, values: readonly (string | number)[]): Promise<Answer> => {
    if (!boot.isMigrated()) throw new ProdworkError('DATABASE_UNAVAILABLE', undefined, { retryAfterSeconds: 2 });
    try {
      return await boot.postgres.query(text, values).catch((error: unknown) => {
        // The connection broke: once more, on another one. The key makes a second insert harmless.
        if (postgresFault(error) === 'unavailable') return boot.postgres.query(text, values);
        throw error;
      });
    } catch (error) {
      throw publicError(error);
    }
  };

  return {
    async add(draft, key) {
      const { name, message } = draft;
      const inserted = await ask(
        `insert into notes (key, name, message) values ($1, $2, $3) on conflict (key) do nothing returning ${COLUMNS}`,
        [key, name, message],
      );
      if (inserted.rows[0]) return { outcome: 'added', note: noteOf(inserted.rows[0]) };
      const { rows } = await ask(`select ${COLUMNS} from notes where key = $1`, [key]);
      const note = rows[0] && noteOf(rows[0]);
      return note?.name === name && note.message === message ? { outcome: 'exists', note } : { outcome: 'conflict' };
    },

    async page({ limit, before = Number.MAX_SAFE_INTEGER }) {
      const { rows } = await ask(`select ${COLUMNS} from notes where id < $1 order by id desc limit $2`, [
        before,
        limit + 1,
      ]);
      const notes = rows.slice(0, limit).map(noteOf);
      const last = notes.at(-1);
      return rows.length > limit && last ? { notes, cursor: last.id } : { notes };
    },
  };
}

function noteOf(row: Row): Note {
  return {
    id: Number(row.id),
    name: String(row.name),
    message: String(row.message),
    createdAt: Number(row.created_at),
  };
}
