import { handlers } from './registry.ts';
import { runWorker } from './run-worker.ts';

await runWorker({ handlers });
