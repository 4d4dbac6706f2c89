import { runWorker } from '@prodwork/worker/run-worker';
import { suspect } from './suspect-handlers.ts';

await runWorker({ handlers: [suspect] });
