import { configuredHandlers } from './configured-handlers.ts';
import { handlers } from './registry.ts';
import { runWorker } from './run-worker.ts';

await runWorker({ handlers: configuredHandlers(handlers, process.env) });
