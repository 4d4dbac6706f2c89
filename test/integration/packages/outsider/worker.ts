import { runWorker } from '@prodwork/worker/run-worker';
import { invoiceHandler } from './handlers.ts';

await runWorker({ handlers: [invoiceHandler] });
