import { type Random, randomOf } from '../random.ts';

/** What can be done in a mixed run, how often it is drawn, and how long it lasts (ms, both ends). */
const KINDS = {
  'kill-worker': { fault: 'F01', weight: 24, lasts: [0, 0] },
  'kill-all': { fault: 'F02', weight: 3, lasts: [0, 0] },
  'drain-worker': { fault: 'F04', weight: 8, lasts: [0, 0] },
  'freeze-worker': { fault: 'F06', weight: 6, lasts: [2_000, 16_000] },
  'block-worker': { fault: 'F07', weight: 4, lasts: [1_000, 13_000] },
  'kill-redis': { fault: 'F08', weight: 5, lasts: [0, 5_000] },
  'restart-redis': { fault: 'F09', weight: 4, lasts: [0, 1_000] },
  'flush-scripts': { fault: 'F12', weight: 8, lasts: [200, 2_000] },
  'cut-worker': { fault: 'F16', weight: 6, lasts: [2_000, 16_000] },
  'reset-lines': { fault: 'F17', weight: 8, lasts: [0, 3_000] },
  'slow-lines': { fault: 'F18', weight: 3, lasts: [2_000, 6_000] },
  'kill-producer': { fault: 'F21', weight: 12, lasts: [0, 0] },
} as const;

export type Kind = keyof typeof KINDS;

/** One fault of the schedule. */
export interface Planned {
  /** From the beginning of the load, ms. */
  readonly atMs: number;
  readonly kind: Kind;
  readonly fault: string;
  readonly lastsMs: number;
  /** Number of the worker or producer that it hits, from 1; 0 for what hits all. */
  readonly target: number;
}

export interface PlanOptions {
  readonly seed: number;
  readonly lengthMs: number;
  readonly workers: number;
  readonly producers: number;
}

const FIRST_MS = 6_000;
const GAP_MEAN_MS = 350;
const GAP_LEAST_MS = 150;
/** What is left alone after a fault that hit all, and by a worker after one that hit it, ms. */
const CALM_MS = 3_000;
const WORKER_CALM_MS = 9_000;
const KILL_CALM_MS = 3_500;

const WORKER_KINDS: readonly Kind[] = ['kill-worker', 'drain-worker', 'freeze-worker', 'block-worker', 'cut-worker'];
/** Two of these at once would only be one of them for longer. */
const REDIS_KINDS: readonly Kind[] = ['kill-redis', 'restart-redis', 'reset-lines', 'slow-lines', 'kill-all'];

/** The schedule of a mixed run: the same for the same seed and size. Faults on different workers, and on Redis, overlap. */
export function planOf({ seed, lengthMs, workers, producers }: PlanOptions): readonly Planned[] {
  const random = randomOf(seed, 'mixed');
  const planned: Planned[] = [];
  const workerFreeAt = new Array<number>(workers + 1).fill(0);
  let redisFreeAt = 0;
  for (let atMs = FIRST_MS; atMs < lengthMs; atMs += GAP_LEAST_MS + random.gapMs(GAP_MEAN_MS)) {
    const kind = draw(random);
    const { fault, lasts } = KINDS[kind];
    const lastsMs = random.between(lasts[0], lasts[1]);
    const wanted = random.between(1, WORKER_KINDS.includes(kind) ? workers : producers);
    let target = 0;
    if (WORKER_KINDS.includes(kind)) {
      target = freeFrom(workerFreeAt, wanted, atMs);
      if (target === 0) continue;
      workerFreeAt[target] = atMs + lastsMs + WORKER_CALM_MS;
      // The jobs of a killed worker are due elsewhere within 3 s, given an able worker and a Redis.
      if (kind === 'kill-worker') redisFreeAt = Math.max(redisFreeAt, atMs + KILL_CALM_MS);
    } else if (kind === 'kill-producer') {
      target = wanted;
    } else if (REDIS_KINDS.includes(kind)) {
      if (redisFreeAt > atMs) continue;
      redisFreeAt = atMs + lastsMs + CALM_MS;
    }
    planned.push({ atMs: Math.round(atMs), kind, fault, lastsMs, target });
  }
  return planned;
}

function draw(random: Random): Kind {
  const kinds = Object.keys(KINDS).filter((name): name is Kind => name in KINDS);
  let left = random.next() * kinds.reduce((sum, kind) => sum + KINDS[kind].weight, 0);
  for (const kind of kinds) {
    left -= KINDS[kind].weight;
    if (left < 0) return kind;
  }
  return 'kill-worker';
}

/** The wanted worker, or the next one that is free; at least one is left alone. 0: none. */
function freeFrom(freeAt: readonly number[], wanted: number, atMs: number): number {
  const workers = freeAt.length - 1;
  const free = Array.from({ length: workers }, (_, at) => ((wanted - 1 + at) % workers) + 1).filter(
    (number) => (freeAt[number] ?? 0) <= atMs,
  );
  return free.length > 1 ? (free[0] ?? 0) : 0;
}
