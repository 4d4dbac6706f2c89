import type { Claim } from 'prodwork/engine/consumer';
import { openEngine } from 'prodwork/engines/open';
import { createLog } from 'prodwork/log';
import type { FromParent, ToParent, WorkerPlan } from './doomed-worker.ts';
import { VITALS } from './worker.ts';

/* A worker in a process of its own, so that it can be killed and frozen for real. Started by `doomed-worker.ts`. */

const say = (message: ToParent): void => void process.send?.(message);
const plan = JSON.parse(process.argv[2] ?? '') as WorkerPlan;
const log = createLog({
  name: 'child',
  level: process.env.TEST_LOG === undefined ? 'silent' : 'debug',
  format: 'json',
});
const engine = await openEngine(plan.engine, { ...plan.engineOptions, log });
/** The very claims that the consumer gave out: it may tell them by identity, and a message carries a copy. */
const claims = new Map<string, Claim>();
const original = (claim: Claim): Claim => claims.get(`${claim.id} ${claim.delivery} ${claim.fence}`) ?? claim;
const consumer = engine.consumer({
  options: { ...plan.options, pid: process.pid },
  vitals: () => VITALS,
  events: {
    onClaims: (given) => {
      for (const claim of given) claims.set(`${claim.id} ${claim.delivery} ${claim.fence}`, claim);
      say({ kind: 'claims', claims: given });
    },
    onCancel: (id, fence) => say({ kind: 'cancel', id, fence }),
    onLost: (id, fence) => say({ kind: 'lost', id, fence }),
    onFatal: (error) => say({ kind: 'fatal', message: error.message }),
  },
});

process.on('disconnect', () => process.exit(0));
process.on('message', (message: FromParent) => {
  switch (message.kind) {
    case 'settle':
      consumer.settle(original(message.claim), message.outcome).then(
        (answer) => say({ kind: 'answer', number: message.number, answer }),
        (error: Error) => say({ kind: 'answer', number: message.number, error: error.message }),
      );
      break;
    case 'progress':
      consumer.reportProgress(original(message.claim), message.json);
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
