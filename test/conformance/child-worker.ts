import { openEngine } from 'prodwork/engines/open';
import { createLog } from 'prodwork/log';
import type { FromParent, ToParent, WorkerPlan } from './doomed-worker.ts';
import { VITALS } from './worker.ts';

/* A worker in a process of its own, so that it can be killed and frozen for real. Started by `doomed-worker.ts`. */

const say = (message: ToParent): void => void process.send?.(message);
const plan = JSON.parse(process.argv[2] ?? '') as WorkerPlan;
const log = createLog({ name: 'child', level: 'silent', format: 'json' });
const engine = await openEngine(plan.engine, { ...plan.engineOptions, log });
const consumer = engine.consumer({
  options: { ...plan.options, pid: process.pid },
  vitals: () => VITALS,
  events: {
    onClaims: (claims) => say({ kind: 'claims', claims }),
    onCancel: (id, fence) => say({ kind: 'cancel', id, fence }),
    onLost: (id, fence) => say({ kind: 'lost', id, fence }),
    onFatal: (error) => say({ kind: 'fatal', message: error.message }),
  },
});

process.on('disconnect', () => process.exit(0));
process.on('message', (message: FromParent) => {
  switch (message.kind) {
    case 'settle':
      consumer.settle(message.claim, message.outcome).then(
        (answer) => say({ kind: 'answer', number: message.number, answer }),
        (error: Error) => say({ kind: 'answer', number: message.number, error: error.message }),
      );
      break;
    case 'progress':
      consumer.reportProgress(message.claim, message.json);
      break;
    case 'quiet':
      consumer.quiet();
      break;
    case 'stop':
      void consumer
        .stop()
        .then(() => engine.close())
        .then(() => process.exit(0));
      break;
  }
});
consumer.start().then(
  () => say({ kind: 'started' }),
  (error: Error) => say({ kind: 'fatal', message: error.message }),
);
