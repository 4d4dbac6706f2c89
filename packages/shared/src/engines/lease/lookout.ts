/** Looks are at least so far apart, ms: a connection that was only reset is made again within that. */
const APART_MS = 400;
/** Missing at so many looks in a row is dead. One could be a reconnect. */
const LOOKS = 2;
/** Who lost its connection in the moment when we lost ours has made another one so long after we have, ms. */
const RECONNECT_MS = 2_000;

/**
 * Judges from looks at the list of connections who is dead. A restart of Redis, or a reset of all lines, ends our own
 * connection with all the others: who was seen since it was made, and is missing now, did not go with the rest.
 */
export class Lookout {
  private connectedAt = Number.NEGATIVE_INFINITY;
  private withinMs = RECONNECT_MS;
  private lookedAt = Number.NEGATIVE_INFINITY;
  /** Incarnations that were seen since our own connection was made. */
  private seen = new Set<string>();
  /** Incarnations that were missing at the last look, and at how many in a row. */
  private missing = new Map<string, number>();

  /**
   * Our own connection is a new one. Looks go on counting: where resets follow each other, the living show in between.
   * @param withinMs how long the others may take to make theirs
   */
  connected(now: number, withinMs = RECONNECT_MS): void {
    this.connectedAt = now;
    this.withinMs = withinMs;
    this.seen.clear();
  }

  /** Looks are no longer in a row: another worker looks, or they go to another server. */
  interrupted(): void {
    this.missing.clear();
  }

  /** This one was elected and has let its term run out: as good as a look at which it was missing. */
  silent(incarnation: string): void {
    this.missing.set(incarnation, 1);
  }

  /** Ms until the next look. */
  dueIn(now: number): number {
    return Math.max(0, this.lookedAt + APART_MS - now);
  }

  /** One look. @returns who of the workers is dead */
  look(now: number, workers: readonly string[], isConnected: (incarnation: string) => boolean): readonly string[] {
    this.lookedAt = now;
    this.seen = new Set(workers.filter((one) => isConnected(one) || this.seen.has(one)));
    const missing = workers.filter((one) => !isConnected(one));
    this.missing = new Map(missing.map((one) => [one, (this.missing.get(one) ?? 0) + 1]));
    const isEarly = now - this.connectedAt < this.withinMs;
    const enough = (one: string): number =>
      isEarly && !this.seen.has(one) ? 1 + Math.ceil(this.withinMs / APART_MS) : LOOKS;
    return missing.filter((one) => (this.missing.get(one) ?? 0) >= enough(one));
  }
}
