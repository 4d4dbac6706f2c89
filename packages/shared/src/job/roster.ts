/** What can stand in a roster: one at a time. */
export interface Enrolled {
  /** Where it stands. The roster's own. */
  place: number;
}

/**
 * Who is there, where thousands come and go every second and few are there at once: a list in which each knows its place.
 * A Map or a Set makes a new table every few hundred changes, and what stood in the old ones outlives collections.
 */
export class Roster<T extends Enrolled> {
  readonly #all: T[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(one: T): void {
    one.place = this.#all.length;
    this.#all.push(one);
  }

  /** Removes it where it is there; another one takes its place. */
  remove(one: T): void {
    if (this.#all[one.place] !== one) return;
    const last = this.#all.pop();
    if (last === undefined || last === one) return;
    this.#all[one.place] = last;
    last.place = one.place;
  }

  /** Looks at each in turn: for what is asked seldom. */
  find(isIt: (one: T) => boolean): T | undefined {
    return this.#all.find(isIt);
  }

  values(): readonly T[] {
    return [...this.#all];
  }
}
