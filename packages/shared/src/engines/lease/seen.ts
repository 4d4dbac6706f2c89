/** Jobs of one generation; two are kept. */
const GENERATION = 5_000;

/**
 * Which claims have come in lately. A claim can reach a worker twice, by the inbox and read back from its hold after a lost
 * connection, and its first copy may be settled by then: it must not be started again. The latest one of each job is enough.
 * Fences are compared for being the same: after a failover, a new server's clock may be behind, and the job is new all the same.
 */
export class Seen {
  private recent = new Map<string, number>();
  private older = new Map<string, number>();

  has(local: string, fence: number): boolean {
    return this.recent.get(local) === fence || this.older.get(local) === fence;
  }

  /** True for the first time that a claim is shown. */
  isNew(local: string, fence: number): boolean {
    if (this.has(local, fence)) return false;
    if (this.recent.size >= GENERATION) {
      this.older = this.recent;
      this.recent = new Map();
    }
    this.recent.set(local, fence);
    return true;
  }
}
