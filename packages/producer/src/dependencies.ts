import type { Clock } from 'prodwork/clock';
import type { Engine } from 'prodwork/engine/engine';
import type { HistoryReader } from 'prodwork/engine/history';
import type { Inspector } from 'prodwork/engine/inspector';
import type { Submitter } from 'prodwork/engine/submitter';
import type { FileStore } from 'prodwork/files/file-store';
import type { JobDefinition } from 'prodwork/job/define-job';
import type { Log } from 'prodwork/log';
import type { Once } from 'prodwork/redis/once';
import type { ProducerConfig } from './config.ts';

/** What the application is given. It starts and stops none of it. */
export interface Dependencies {
  readonly config: ProducerConfig;
  readonly log: Log;
  readonly clock: Clock;
  readonly jobTypes: readonly JobDefinition[];
  readonly engine: Pick<Engine, 'name' | 'promises' | 'health'>;
  readonly submitter: Pick<Submitter, 'submit'>;
  readonly inspector: Inspector;
  /** Marks used sign-in links, for all replicas. */
  readonly once: Once;
  readonly files: FileStore;
  /** Where finished jobs are searched; absent: `DATABASE_URL` is not set. */
  readonly history?: HistoryReader | undefined;
}
