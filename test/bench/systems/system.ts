/** What every job of the benchmark carries: 120 bytes of JSON unless a scenario asks for more. */
export interface Payload {
  readonly [field: string]: unknown;
  /** The job's number: its effect is counted by it. */
  readonly n: number;
  /** When it was submitted, ms on the machine's monotonic clock; 0 where nobody asks. */
  readonly at: number;
  readonly pad: string;
}

/** What every handler returns, and every system keeps. */
export const RESULT = { ok: true } as const;
/** Completed jobs that every system keeps, where it can keep by count. */
export const KEEP = 10_000;

export interface AddOptions {
  readonly priority?: 'high' | 'normal' | 'low';
  /** Epoch ms. */
  readonly runAt?: number;
  /** Another queue than the one that workers serve; the growth curves ask for it, of prodwork alone. */
  readonly queue?: string;
}

export interface Producer {
  add(payload: Payload, options?: AddOptions): Promise<unknown>;
  /** The system's own way to add many at once. Resolves when all are stored. */
  addBulk(payloads: readonly Payload[], options?: AddOptions): Promise<unknown>;
  close(): Promise<void>;
}

export interface WorkOptions {
  readonly redisUrl: string;
  readonly name: string;
  readonly concurrency: number;
  readonly run: (payload: Payload) => typeof RESULT | Promise<typeof RESULT>;
}

/** How many jobs a system says it holds, by what is left to do with them. */
export interface Census {
  /** Waiting, scheduled and active together. */
  readonly unfinished: number;
  readonly active: number;
  readonly failed: number;
}

/** One side of the comparison, driven through what its users use. */
export interface System {
  produce(redisUrl: string): Promise<Producer>;
  /** Works until the process is told to leave by SIGTERM; finishes what it has in hand, then ends the process. */
  work(options: WorkOptions): Promise<void>;
  census(redisUrl: string): Promise<Census>;
}

export const SYSTEM_NAMES = [
  'prodwork',
  'prodwork-brpop',
  'prodwork-bullmq',
  'bullmq',
  'bee-queue',
  'groupmq',
] as const;
export type SystemName = (typeof SYSTEM_NAMES)[number];

/** As people say it. */
export const TITLES: { readonly [name in SystemName]: string } = {
  prodwork: 'prodwork',
  'prodwork-brpop': 'prodwork (brpop)',
  'prodwork-bullmq': 'prodwork (bullmq)',
  bullmq: 'BullMQ',
  'bee-queue': 'bee-queue',
  groupmq: 'groupmq',
};

/** For systems whose workers leave the process to their owner. */
export function leaveOnSigterm(stop: () => Promise<unknown>): void {
  process.once('SIGTERM', () => {
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
