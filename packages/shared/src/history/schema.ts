import type { Schema } from '../postgres/migrations.ts';

/**
 * One row is one generation of one job. `record` is the job as it was answered, of type `json`: it keeps the text, also
 * `\u0000` and numbers that `jsonb` refuses or rounds. What is searched stands beside it in columns of its own.
 */
export const historySchema: Schema = {
  part: 'history',
  migrations: [
    {
      version: 1,
      name: 'finished jobs',
      sql: `
        create table history_jobs (
          queue text not null,
          id text not null,
          generation integer not null,
          type text not null,
          state text not null,
          tags text[] not null,
          error_code text,
          attempts integer not null,
          created_at timestamptz not null,
          finished_at timestamptz not null,
          stored_at timestamptz not null default now(),
          record json not null,
          words tsvector not null,
          primary key (queue, id, generation)
        );
        create index history_jobs_time on history_jobs (queue, finished_at desc, id desc, generation desc);
        create index history_jobs_type on history_jobs (queue, type, finished_at desc);
        create index history_jobs_state on history_jobs (queue, state, finished_at desc) where state <> 'completed';
        create index history_jobs_tags on history_jobs using gin (tags) where tags <> '{}';
        create index history_jobs_words on history_jobs using gin (words);
        create index history_jobs_age on history_jobs using brin (finished_at)`,
    },
    {
      version: 2,
      name: 'a chosen id may come again',
      // Redis remembers chosen ids for a day; the job that is given one again later is another job of the same name.
      sql: `
        alter table history_jobs drop constraint history_jobs_pkey,
          add primary key (queue, id, created_at, generation)`,
    },
  ],
};
