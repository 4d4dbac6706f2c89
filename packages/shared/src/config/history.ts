import { readFileSync } from 'node:fs';
import type { HistoryRules } from '../engine/history.ts';
import { choice, integer, readEnv, type Setting, text } from './env.ts';

/** Settings of the history. Producers and workers of one queue should agree on them. */
export const historySettings = {
  databaseUrl: text(
    'DATABASE_URL',
    '',
    'The Postgres that keeps finished jobs: postgres://user:password@host:port/name. Empty: there is no history.',
    /^(postgres(ql)?:\/\/\S+)?$/,
    'a URL like postgres://user:password@host:5432/name',
  ),
  backlogMaxBytes: integer(
    'HISTORY_BACKLOG_MAX',
    256 * 1024 * 1024,
    1_000,
    1024 ** 4,
    'Bytes of finished jobs that may wait in Redis for the history. Beyond it the oldest are given up, counted and alarmed (or see HISTORY_STRICT). Too high: Redis fills up while Postgres is away.',
  ),
  strict: choice(
    'HISTORY_STRICT',
    'off',
    ['off', 'on'],
    'on: rather than give up an unstored job, refuse new ones with QUEUE_FULL until the history is back.',
  ),
  keepDays: integer(
    'HISTORY_KEEP_DAYS',
    365,
    0,
    36_500,
    'Stored jobs are deleted this many days after their end. 0 keeps them for good.',
  ),
} as const satisfies Record<string, Setting<unknown>>;

export interface HistoryConfig {
  readonly databaseUrl: string;
  readonly rules: HistoryRules;
  readonly keepMs: number;
}

/**
 * The history's settings, or undefined when there is none.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID` with every fault.
 */
export function readHistoryConfig(env: NodeJS.ProcessEnv = process.env): HistoryConfig | undefined {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => /^(DATABASE_URL|HISTORY_)/.test(name)));
  const { databaseUrl, backlogMaxBytes, strict, keepDays } = readEnv(historySettings, own, [], (path) =>
    readFileSync(path, 'utf8'),
  );
  if (databaseUrl === '') return undefined;
  return { databaseUrl, rules: { backlogMaxBytes, isStrict: strict === 'on' }, keepMs: keepDays * 24 * 3_600_000 };
}
