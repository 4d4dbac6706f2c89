/**
 * What is kept for each delivery, found by its job and fence. A job has one delivery at a time in one worker, but for the
 * moment in which it comes again while the end of the last one is still under way: so the job's id alone is the key, and
 * no text is put together for each delivery.
 */
export class FencedMap<T extends { readonly claim: { readonly fence: number } }> {
  readonly #latest = new Map<string, T>();
  readonly #earlier = new Map<string, T>();

  get size(): number {
    return this.#latest.size + this.#earlier.size;
  }

  get(id: string, fence: number): T | undefined {
    const latest = this.#latest.get(id);
    if (latest?.claim.fence === fence) return latest;
    return this.#earlier.size === 0 ? undefined : this.#earlier.get(markOf(id, fence));
  }

  add(id: string, value: T): void {
    const before = this.#latest.get(id);
    if (before !== undefined) this.#earlier.set(markOf(id, before.claim.fence), before);
    this.#latest.set(id, value);
  }

  delete(id: string, value: T): void {
    if (this.#latest.get(id) === value) this.#latest.delete(id);
    else this.#earlier.delete(markOf(id, value.claim.fence));
  }

  values(): readonly T[] {
    return [...this.#latest.values(), ...this.#earlier.values()];
  }
}

const markOf = (id: string, fence: number): string => `${fence} ${id}`;
