import { readHistoryConfig } from 'prodwork/config/history';
import { isProdworkError, ProdworkError } from 'prodwork/errors';
import type { JobDefinition } from 'prodwork/job/define-job';
import { backup } from 'prodwork/jobs/backup';
import { createLog } from 'prodwork/log';
import { EXIT, exitWith, run } from 'prodwork/process';
import { type ProducerConfig, readConfig } from './config.ts';
import { createServer } from './server.ts';

export interface RunProducerOptions {
  /** What `defineJob(...)` gave, in the order in which the form shows them. */
  readonly jobTypes: readonly JobDefinition[];
}

/**
 * Runs this process as a producer, configured by its environment, until SIGTERM or SIGINT. A project with job types of
 * its own calls it from its main file:
 *
 *     import { runProducer } from '@prodwork/producer/run-producer';
 *     await runProducer({ jobTypes: [invoice, reminder] });
 *
 * Exits 78 when the environment or the job types have faults.
 */
export async function runProducer({ jobTypes }: RunProducerOptions): Promise<void> {
  const config = configOrExit(jobTypes);
  const log = createLog({ name: 'producer', level: config.logLevel, format: config.logFormat });
  const types = config.backups === 'on' ? [...jobTypes, backup] : jobTypes;
  await run({ log, service: createServer(config, log, types), stopWithinMs: config.drainMs + 5_000 });
}

function configOrExit(jobTypes: readonly JobDefinition[]): ProducerConfig {
  try {
    const names = jobTypes.map(({ type }) => type);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) throw new ProdworkError('PRODWORK_JOB_DEFINITION', `two job types are named ${twice}`);
    readHistoryConfig();
    return readConfig();
  } catch (error) {
    if (isProdworkError(error)) exitWith(EXIT.config, error.message);
    throw error;
  }
}
