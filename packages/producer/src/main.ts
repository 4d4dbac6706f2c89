import { isProdworkError } from 'prodwork/errors';
import { createLog } from 'prodwork/log';
import { EXIT, exitWith, run } from 'prodwork/process';
import { type ProducerConfig, readConfig } from './config.ts';
import { createServer } from './server.ts';

function configOrExit(): ProducerConfig {
  try {
    return readConfig();
  } catch (error) {
    if (isProdworkError(error)) exitWith(EXIT.config, error.message);
    throw error;
  }
}

const config = configOrExit();
const log = createLog({ name: 'producer', level: config.logLevel, format: config.logFormat });
await run({ log, service: createServer(config, log), stopWithinMs: config.drainMs + 5_000 });
