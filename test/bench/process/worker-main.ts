import { writeFileSync } from 'node:fs';
import { openSystem } from '../systems/open.ts';
import type { WorkerRequest, WorkerSpec } from './messages.ts';
import { serve, specOf } from './serve.ts';
import { Tally } from './tally.ts';

/** One worker process of any system; its handlers count their effects. */
const spec = specOf<WorkerSpec>();
const tally = new Tally(spec.jobs, spec.effects, spec.workMs);
const system = await openSystem(spec.system);
// What is finished after the last report counts as well.
process.once('exit', () => writeFileSync(spec.finalFile, tally.report().counts));

serve<WorkerRequest>(async (request) => {
  switch (request.kind) {
    case 'work': {
      const { redisUrl, name, concurrency } = spec;
      return system.work({ redisUrl, name, concurrency, run: tally.run });
    }
    case 'effects':
      return tally.effects;
    case 'report':
      return tally.report();
  }
});
