import type { World } from '../world/world.ts';

/** What the time line is drawn from, in seconds since the start of the run. */
export interface Timeline {
  readonly seconds: number;
  /** Per second. */
  readonly committed: readonly number[];
  readonly accepted: readonly number[];
  readonly samples: readonly {
    readonly t: number;
    readonly waiting?: number;
    readonly active?: number;
    readonly workers: number;
  }[];
  /** Lives of the processes. */
  readonly lives: readonly { readonly name: string; readonly from: number; readonly to?: number }[];
}

export function timelineOf(world: World, startedAt: number): Timeline {
  const { books, samples, lives } = world;
  const since = (at: number): number => Math.round((at - startedAt) / 10) / 100;
  const seconds = Math.max(1, Math.ceil((Date.now() - startedAt) / 1_000));
  const first = Math.floor(startedAt / 1_000);
  const committed = Array.from({ length: seconds }, (_, at) => books.commitsAt.get(first + at) ?? 0);
  const accepted = new Array<number>(seconds).fill(0);
  for (const { acceptedAt } of books.jobs.values()) {
    if (acceptedAt === undefined) continue;
    const at = Math.floor(acceptedAt / 1_000) - first;
    if (at >= 0 && at < seconds) accepted[at] = (accepted[at] ?? 0) + 1;
  }
  return {
    seconds,
    committed,
    accepted,
    samples: samples.map(({ at, waiting, active, workers }) => ({
      t: since(at),
      workers,
      ...(waiting === undefined ? {} : { waiting }),
      ...(active === undefined ? {} : { active }),
    })),
    lives: lives.map(({ name, from, to }) => ({
      name,
      from: since(from),
      ...(to === undefined ? {} : { to: since(to) }),
    })),
  };
}
