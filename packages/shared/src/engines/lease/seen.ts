/** So many are remembered. */
const MOST = 5_000;

/**
 * Which claims have come in lately, for the case that one is read back from its hold after a lost connection: it may have
 * come before, and be settled by now, and must not be started again.
 */
export class Seen {
  private readonly locals: string[] = [];
  private readonly fences: number[] = [];
  private next = 0;
  /** Of those that were read back: their first copies may still be on their way. */
  private readonly readBack = new Set<string>();

  /** Looks at all of them: for what is read back. */
  has(local: string, fence: number): boolean {
    return this.locals.some((other, at) => other === local && this.fences[at] === fence);
  }

  /** A claim that came the usual way. True unless it was read back before. */
  isNew(local: string, fence: number): boolean {
    if (this.readBack.size > 0 && this.readBack.has(markOf(local, fence))) return false;
    this.note(local, fence);
    return true;
  }

  /** A claim that was read back. */
  noteReadBack(local: string, fence: number): void {
    if (this.readBack.size >= MOST) this.readBack.clear();
    this.readBack.add(markOf(local, fence));
    this.note(local, fence);
  }

  private note(local: string, fence: number): void {
    this.locals[this.next] = local;
    this.fences[this.next] = fence;
    this.next = (this.next + 1) % MOST;
  }
}

const markOf = (local: string, fence: number): string => `${local} ${fence}`;
