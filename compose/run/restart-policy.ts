/** How soon a process that ended is started again: the numbers and rules of Docker's restart manager. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** A process that lived this long was healthy: its next death starts from the first delay. */
const HEALTHY_AFTER_MS = 10_000;

/**
 * @param previousDelayMs the delay before the life that just ended; undefined for the first life
 * @param livedMs how long that life was
 */
export function nextDelayMs(previousDelayMs: number | undefined, livedMs: number): number {
  if (previousDelayMs === undefined || livedMs >= HEALTHY_AFTER_MS) return FIRST_DELAY_MS;
  return Math.min(previousDelayMs * 2, LONGEST_DELAY_MS);
}
