import { PRIORITIES, type Priority } from '../../job/job.ts';

interface Lane {
  readonly type: string;
  ids: string[];
}

interface LaneOf {
  readonly id: string;
  readonly type: string;
  readonly priority: Priority;
}

/**
 * The waiting jobs of one queue. A lane is first in, first out; higher priority goes first; the lanes of one priority
 * take turns: the lane that was served goes to the end of its turn list.
 */
export class Lanes {
  readonly #turns: Record<Priority, Lane[]> = { high: [], normal: [], low: [] };

  pushBack(job: LaneOf): void {
    this.#lane(job).ids.push(job.id);
  }

  /** For jobs that come back from a worker: they have waited once already. */
  pushFront(job: LaneOf): void {
    this.#lane(job).ids.unshift(job.id);
  }

  /** Takes the next job that a worker of these types may have. */
  take(types: ReadonlySet<string>): string | undefined {
    for (const priority of PRIORITIES) {
      const turns = this.#turns[priority];
      const lane = turns.find(({ type }) => types.has(type));
      const id = lane?.ids.shift();
      if (!lane || id === undefined) continue;
      turns.splice(turns.indexOf(lane), 1);
      if (lane.ids.length > 0) turns.push(lane);
      return id;
    }
    return undefined;
  }

  remove(job: LaneOf): void {
    const turns = this.#turns[job.priority];
    const lane = turns.find(({ type }) => type === job.type);
    if (!lane) return;
    lane.ids = lane.ids.filter((id) => id !== job.id);
    if (lane.ids.length === 0) turns.splice(turns.indexOf(lane), 1);
  }

  /** Jobs before this one in its own lane, or -1 when it does not wait. */
  ahead(job: LaneOf): number {
    return this.#turns[job.priority].find(({ type }) => type === job.type)?.ids.indexOf(job.id) ?? -1;
  }

  #lane({ type, priority }: LaneOf): Lane {
    const turns = this.#turns[priority];
    const found = turns.find((lane) => lane.type === type);
    if (found) return found;
    const lane: Lane = { type, ids: [] };
    turns.push(lane);
    return lane;
  }
}
