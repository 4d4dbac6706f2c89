import { randomUUID } from 'node:crypto';
import type { Claim, Consumer } from 'prodwork/engine/consumer';
import type { Engine } from 'prodwork/engine/engine';
import type { Outcome } from 'prodwork/job/outcome';

export interface FinishingWorker {
  readonly finished: number;
  stop(): Promise<void>;
}

/** A worker without a runtime: settles whatever it is handed at once, as `how` says. */
export async function finishingWorker(
  engine: Engine,
  queue: string,
  how: (claim: Claim) => Outcome = () => ({ kind: 'complete', resultJson: '{"ok":true}' }),
  slots = 100,
): Promise<FinishingWorker> {
  let finished = 0;
  const consumer: Consumer = engine.consumer({
    options: {
      name: `finisher-${randomUUID().slice(0, 8)}`,
      incarnation: randomUUID(),
      host: 'test',
      pid: process.pid,
      version: '0.0.0',
      queue,
      slots,
      types: [{ type: 'work', delivery: 'at-least-once' }],
    },
    events: {
      onClaims: (claims) => {
        for (const claim of claims)
          void consumer.settle(claim, how(claim)).then(
            () => finished++,
            () => {},
          );
      },
      onCancel: () => {},
      onLost: () => {},
      onFatal: () => {},
    },
    vitals: () => ({ state: 'running', rssBytes: 1, memoryLimitBytes: 0, loopLagMs: 0 }),
  });
  await consumer.start();
  return {
    get finished() {
      return finished;
    },
    stop: () => consumer.stop(),
  };
}
