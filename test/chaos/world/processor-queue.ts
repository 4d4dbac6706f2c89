import { readFileSync } from 'node:fs';

interface Sample {
  readonly at: number;
  readonly waitedMs: number;
}

const EVERY_MS = 200;

/**
 * How long the processes of a run stood ready and were given no processor, by the kernel's own account of each main
 * thread (`/proc/PID/schedstat`; none elsewhere than on Linux). On a machine that others keep busy, a bound is wider by
 * that, and says so.
 */
export class ProcessorQueue {
  readonly #pids: () => readonly number[];
  readonly #samples = new Map<number, Sample[]>();
  #timer: NodeJS.Timeout | undefined;

  /** @param pids those of the run that live now */
  constructor(pids: () => readonly number[]) {
    this.#pids = pids;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const at = Date.now();
    for (const pid of this.#pids()) {
      const waitedMs = readWait(pid);
      if (waitedMs === undefined) continue;
      const samples = this.#samples.get(pid) ?? [];
      this.#samples.set(pid, samples);
      samples.push({ at, waitedMs });
    }
  }

  /**
   * Waiting in this span, ms: of the three processes that waited most, added up. A job's way from a dead worker to the
   * next one leads through Redis, the elected worker and the one that starts it, one after the other.
   */
  waitedMs(from: number, to: number): number {
    const each = [...this.#samples.keys()].map((pid) => this.waitedBy(pid, from, to));
    const [first = 0, second = 0, third = 0] = each.sort((a, b) => b - a);
    return Math.round(first + second + third);
  }

  /** Waiting of one process in this span, ms; of one that was born in it, all its waiting. */
  waitedBy(pid: number, from: number, to: number): number {
    const samples = this.#samples.get(pid) ?? [];
    const after = samples.findLast(({ at }) => at <= to + EVERY_MS)?.waitedMs ?? 0;
    const before = samples.findLast(({ at }) => at <= from)?.waitedMs ?? 0;
    return Math.max(0, after - before);
  }
}

function readWait(pid: number): number | undefined {
  try {
    const [, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
    return Number(waited) / 1e6;
  } catch {
    return undefined;
  }
}
