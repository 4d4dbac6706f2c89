import type { Schema } from 'prodwork/postgres/migrations';

export const noteboardSchema: Schema = {
  part: 'noteboard',
  migrations: [
    {
      version: 1,
      name: 'notes',
      // The checks repeat what the application checks, so that no other program can store what the page cannot show.
      sql: `
        create table notes (
          id bigint generated always as identity primary key,
          name text not null check (char_length(name) between 1 and 80),
          message text not null check (char_length(message) between 1 and 2000),
          created_at timestamptz not null default now()
        )`,
    },
    {
      version: 2,
      name: 'one note per key',
      sql: `
        alter table notes add column key text not null default gen_random_uuid()::text check (char_length(key) <= 255);
        create unique index notes_key on notes (key)`,
    },
  ],
};
