import type { SystemName } from './systems/system.ts';

/** Whose figure it is: a system, or one of the limits that they are held against. */
export type Owner = SystemName | 'redis-benchmark' | 'fastify';

/** One figure of one run. */
export interface Figure {
  readonly id: string;
  readonly system: Owner;
  readonly round: number;
  readonly value: number;
}

/** A run that failed: it lost a job, ran one twice, or did not end. Its figures do not exist. */
export interface Fault {
  readonly scenario: string;
  readonly system: Owner;
  readonly round: number;
  readonly message: string;
}

/** Collects what the runs say. */
export class Figures {
  readonly #figures: Figure[] = [];
  readonly faults: Fault[] = [];

  add(figure: Figure): void {
    if (!Number.isFinite(figure.value)) throw new RangeError(`${figure.id} of ${figure.system} is no number`);
    this.#figures.push(figure);
  }

  /** By round; undefined where that round's run is missing. */
  rounds(id: string, system: Owner): readonly (number | undefined)[] {
    const values: (number | undefined)[] = [];
    for (const figure of this.#figures) {
      if (figure.id === id && figure.system === system) values[figure.round] = figure.value;
    }
    return Array.from(values);
  }

  values(id: string, system: Owner): readonly number[] {
    return this.rounds(id, system).filter((value) => value !== undefined);
  }

  has(id: string, system: Owner): boolean {
    return this.#figures.some((figure) => figure.id === id && figure.system === system);
  }
}
