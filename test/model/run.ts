import fc from 'fast-check';
import type { EngineName } from 'prodwork/engine/engine';
import { PROMISES } from 'prodwork/engine/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { addWorker, commands, steps } from './commands.ts';
import { Model } from './model.ts';
import { Rig } from './rig.ts';
import { sync } from './sync.ts';

/** The same walks each time, so that a red run is a change of ours; `MODEL_SEED=random` takes others. */
const SEED = 20_261_123;
const COMMANDS_MAX = 80;
const STEPS_MIN = 2_000;

export interface ModelOptions {
  /** Longer than anything that this machine may stall: in the model no lease runs out by itself. */
  readonly leaseMs: number;
  readonly canRestart: boolean;
  /** Where it takes seconds until a death is noticed there are fewer of them. */
  readonly crashWeight: number;
  /** What is looked at once a walk is over. */
  readonly afterWalk?: (rig: Rig) => Promise<void>;
}

/** Random walks through an engine and the model at once; a walk on which they part is shrunk to its shortest form. */
export function modelTest(engine: EngineName, { leaseMs, canRestart, crashWeight, afterWalk }: ModelOptions): void {
  describe(`model: ${engine}`, () => {
    let server: RedisServer | undefined;
    beforeAll(async () => {
      if (engine !== 'memory') server = await startRedis(['--appendfsync', 'always']);
    });
    afterAll(async () => {
      await server?.stop();
    });

    test(`the engine does what the model does, over at least ${STEPS_MIN} steps`, async () => {
      const walk = fc.asyncProperty(
        fc.commands([commands({ canRestart, crashWeight })], { maxCommands: COMMANDS_MAX, size: 'max' }),
        async (walked) => {
          const rig = await Rig.open(engine, server, leaseMs);
          const model = new Model(PROMISES[engine]);
          try {
            await addWorker(model, rig, 1);
            await addWorker(model, rig, 2);
            await sync(model, rig);
            await fc.asyncModelRun(() => ({ model, real: rig }), walked);
            await afterWalk?.(rig);
          } finally {
            await rig.close();
          }
        },
      );
      steps.taken = 0;
      const given = process.env.MODEL_SEED;
      const seed = given === 'random' ? Date.now() % 2 ** 31 : Number(given ?? SEED);
      for (let round = 0; steps.taken < STEPS_MIN; round += 1) {
        await fc.assert(walk, { seed: seed + round, numRuns: 10, interruptAfterTimeLimit: 500_000 });
      }
      expect(steps.taken).toBeGreaterThanOrEqual(STEPS_MIN);
    }, 600_000);
  });
}
