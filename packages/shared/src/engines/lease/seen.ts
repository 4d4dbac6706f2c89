/** Marks of one generation; two are kept. */
const GENERATION = 5_000;

/**
 * Which claims have come in lately. A claim can reach a worker twice, by the inbox and read back from its hold after a lost
 * connection, and its first copy may be settled by then: it must not be started again.
 */
export class Seen {
  private recent = new Set<string>();
  private older = new Set<string>();

  has(mark: string): boolean {
    return this.recent.has(mark) || this.older.has(mark);
  }

  /** True for the first time that a mark is shown. */
  isNew(mark: string): boolean {
    if (this.has(mark)) return false;
    if (this.recent.size >= GENERATION) {
      this.older = this.recent;
      this.recent = new Set();
    }
    this.recent.add(mark);
    return true;
  }
}
