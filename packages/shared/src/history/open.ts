import type { HistoryConfig } from '../config/history.ts';
import type { Log } from '../log.ts';
import { bootPostgres, type PostgresBoot } from '../postgres/boot.ts';
import { type PostgresHistory, postgresHistory } from './postgres-history.ts';
import { historySchema } from './schema.ts';

/** The history's database, booting in the background once `boot` is started. */
export function openHistory(
  config: HistoryConfig,
  name: string,
  log: Log,
  max = 5,
): { readonly boot: PostgresBoot; readonly history: PostgresHistory } {
  const boot = bootPostgres({
    url: config.databaseUrl,
    name,
    schema: historySchema,
    log,
    max,
    statementTimeoutMs: 10_000,
  });
  return { boot, history: postgresHistory(boot) };
}
