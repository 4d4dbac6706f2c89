import type { Scenario } from '../stage.ts';
import { killOne } from './f01-kill-one.ts';

/** The matrix, in the order of the table. */
export const scenarios: readonly Scenario[] = [killOne];
