import type { Owner } from '../figures.ts';
import type { Sizes } from '../sizes.ts';
import type { SystemName } from '../systems/system.ts';

export interface RunContext {
  readonly sizes: Sizes;
  /** Notes a figure of this run. */
  readonly note: (id: string, value: number) => void;
}

/** One comparison: the figures that it yields, who takes part, and how one of them is run. */
export interface Scenario {
  readonly name: string;
  readonly ids: readonly string[];
  readonly systems: readonly Owner[];
  /** Seconds that a run takes, about: for the estimate before the first round is over. */
  readonly seconds: number;
  /** @throws EffectError when a job was lost or ran twice; any other error when the run did not work. */
  readonly run: (system: Owner, context: RunContext) => Promise<void>;
}

/** Narrows a scenario that systems alone take part in. */
export function forSystems(
  run: (system: SystemName, context: RunContext) => Promise<void>,
): (system: Owner, context: RunContext) => Promise<void> {
  return (system, context) => {
    if (system === 'redis-benchmark' || system === 'fastify') throw new TypeError(`${system} is no queue`);
    return run(system, context);
  };
}
