import type { Scenario } from '../stage.ts';
import { killOne } from './f01-kill-one.ts';
import { killAll } from './f02-kill-all.ts';
import { freeze } from './f06-freeze.ts';
import { redisAway } from './f08-redis-away.ts';
import { scriptFlush } from './f12-script-flush.ts';
import { cutOff } from './f16-cut-off.ts';
import { resets } from './f17-resets.ts';

/** The matrix, in the order of the table. */
export const scenarios: readonly Scenario[] = [killOne, killAll, freeze, redisAway, scriptFlush, cutOff, resets];
