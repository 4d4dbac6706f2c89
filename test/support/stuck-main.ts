import { createLog } from 'prodwork/log';
import { run } from 'prodwork/process';
import { makeWorker } from './worker-under-test.ts';

const log = createLog({ name: 'worker', level: 'info', format: 'json' });
const { worker, consumer } = makeWorker([], { log, watchdogMs: 1_000 });
consumer.turned = () => 0;
// Something that keeps the process alive, as connections do in a real one.
setInterval(() => {}, 60_000);
await run({ log, service: worker, failed: worker.failed, stopWithinMs: 10_000 });
