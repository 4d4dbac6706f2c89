import { runWorker } from '@prodwork/worker/run-worker';
import { handlers } from './handlers.ts';

await runWorker({ handlers: Object.values(handlers) });
