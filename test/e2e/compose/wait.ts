import { until as untilWithin } from '../../support/until.ts';

/** Longest wait for anything that is not bounded here by its own row: a stack on a busy machine is slow, not broken. */
const PATIENCE_MS = 90_000;

/**
 * Waits until `probe` gives something other than false, undefined or null, and returns it. It only ends a hung test:
 * what has to happen within a time is measured, printed and held to its bound (stall.ts).
 */
export const until: typeof untilWithin = (what, probe, withinMs = PATIENCE_MS) => untilWithin(what, probe, withinMs);
