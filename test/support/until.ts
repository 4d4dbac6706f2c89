/**
 * Waits until `probe` gives something other than false, undefined or null, and returns it. Looks every few ms.
 * @throws Error naming `what` after `withinMs` (default 30 s): a bound that ends a hung test, not a timed assertion.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  withinMs = 30_000,
): Promise<Exclude<T, false | undefined | null>> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value !== false && value !== undefined && value !== null) return value as Exclude<T, false | undefined | null>;
    if (Date.now() > giveUpAt) throw new Error(`still waiting after ${withinMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
