import { readHistoryConfig } from 'prodwork/config/history';
import type { Engine } from 'prodwork/engine/engine';
import type { HistorySource } from 'prodwork/engine/history';
import { ProdworkError } from 'prodwork/errors';
import { type Archiver, createArchiver } from 'prodwork/history/archiver';
import { openHistory } from 'prodwork/history/open';
import type { Log } from 'prodwork/log';
import type { Service } from 'prodwork/service';

export interface Archiving extends Service {
  readonly archiver: Archiver;
  readonly source: HistorySource;
}

/**
 * The worker's part in the history, when `DATABASE_URL` is set: it may come to hold the archiver's role. Jobs do not wait
 * for it: the worker starts and works while Postgres is away.
 * @throws ProdworkError `PRODWORK_CONFIG_INVALID`, `PRODWORK_ENGINE_UNSUPPORTED`
 */
export function createArchiving(engine: Engine, queue: string, log: Log): Archiving | undefined {
  const config = readHistoryConfig();
  if (config === undefined) return undefined;
  const source = engine.historySource?.(queue);
  if (source === undefined) {
    throw new ProdworkError(
      'PRODWORK_ENGINE_UNSUPPORTED',
      `the ${engine.name} engine has no history: unset DATABASE_URL`,
    );
  }
  const { boot, history } = openHistory(config, 'prodwork archiver', log, 3);
  const { rules, keepMs } = config;
  const archiver = createArchiver({ queue, source, history, boot, rules, keepMs, log });
  return {
    archiver,
    source,
    async start() {
      await boot.start();
      await archiver.start();
    },
    async stop() {
      await archiver.stop();
      await boot.stop();
    },
  };
}
