import type { Verdict } from '../books/judge.ts';
import type { Check } from '../stage.ts';
import type { WorldOptions } from '../world/world.ts';
import { bullmqWorld } from './bullmq.ts';

/** Another way to do it, which must fail where it is known to. */
export interface Control {
  readonly name: string;
  readonly what: string;
  readonly scenario: string;
  readonly budgetMs: number;
  readonly world: () => Promise<Partial<WorldOptions>>;
  readonly mustShow: string;
  readonly isShown: (verdict: Verdict, checks: readonly Check[]) => boolean;
}

export const controls: readonly Control[] = [
  {
    name: 'brpop',
    what: 'LPUSH and BRPOP, the pattern that everyone starts from',
    scenario: 'F01',
    budgetMs: 40_000,
    world: async () => ({ engine: 'brpop' }),
    mustShow: 'lost jobs',
    isShown: ({ lost }) => lost > 0,
  },
  {
    name: 'bullmq-6.1.0',
    what: 'BullMQ 6.1.0, one of the releases that stop consuming for good after an outage of some seconds',
    scenario: 'F08',
    budgetMs: 60_000,
    world: () => bullmqWorld('6.1.0'),
    mustShow: 'no start within 5 s after Redis was back',
    isShown: (_, checks) => checks.some(({ what, isOk }) => what.startsWith('ready to the first start') && !isOk),
  },
];
