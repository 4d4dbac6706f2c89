import { optionalHandlers } from './optional-handlers.ts';
import { handlers } from './registry.ts';
import { runWorker } from './run-worker.ts';

await runWorker({ handlers: [...handlers, ...optionalHandlers(process.env)] });
