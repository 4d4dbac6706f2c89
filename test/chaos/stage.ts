import { setTimeout as wait } from 'node:timers/promises';
import { spread } from './books/impairments.ts';
import { recoveries } from './books/judge.ts';
import type { Random } from './random.ts';
import type { World, WorldOptions } from './world/world.ts';

export const RECOVERY_MS = 3_000;

/** One fault as it was injected. */
export interface FaultRecord {
  readonly id: string;
  readonly at: number;
  detail: string;
  /** When the cause was over; absent for what has no length. */
  until?: number;
  /** From the injection to the recovery that the row asks for, ms. */
  recoveredMs?: number;
}

/** Something that must be seen, and what was seen. */
export interface Check {
  readonly what: string;
  readonly measured: string;
  readonly bound: string;
  readonly isOk: boolean;
}

export interface Scenario {
  readonly id: string;
  /** What is injected, in a few words. */
  readonly title: string;
  readonly world?: Partial<WorldOptions>;
  /** No steady load: the scenario places its own jobs. */
  readonly isQuiet?: boolean;
  /** Jobs may be dead at the end: poison is meant to be. */
  readonly mayBury?: boolean;
  /** How long the queue may take to drain at the end, ms. Default 60,000. */
  readonly drainMs?: number;
  /** Why it cannot run on this machine. */
  readonly skip?: () => string | undefined | Promise<string | undefined>;
  readonly run: (stage: Stage) => Promise<void>;
  /** Called when the world is gone. */
  readonly tidy?: () => Promise<void>;
}

/** What a scenario acts on and writes its findings to. */
export class Stage {
  readonly world: World;
  readonly random: Random;
  readonly faults: FaultRecord[] = [];
  readonly checks: Check[] = [];
  /** Things that a reader should know and that are no check. */
  readonly remarks: string[] = [];
  readonly budgetMs: number;
  readonly #say: (text: string) => void;

  constructor(world: World, random: Random, budgetMs: number, say: (text: string) => void) {
    this.world = world;
    this.random = random;
    this.budgetMs = budgetMs;
    this.#say = say;
  }

  say(text: string): void {
    this.#say(text);
  }

  fault(id: string, detail: string, at = Date.now()): FaultRecord {
    const record: FaultRecord = { id, at, detail };
    this.faults.push(record);
    this.#say(`${id} ${detail}`);
    return record;
  }

  /**
   * Ends Redis. One that is killed while a write of its log is put off forgets what that held, as in a power cut, and is
   * judged like one.
   */
  async endRedis(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { redis, powerCuts } = this.world;
    const unwritten = signal === 'SIGKILL' ? await redis.unwrittenBytes() : 0;
    await redis.end(signal);
    if (unwritten === 0) return;
    powerCuts.push(Date.now());
    this.remark(`Redis was killed with ${unwritten} bytes answered for and not yet written: an fsync was under way`);
  }

  remark(text: string): void {
    this.remarks.push(text);
    this.#say(text);
  }

  check(what: string, isOk: boolean, measured: unknown, bound: string): void {
    const shown = typeof measured === 'number' ? measured.toLocaleString('en') : String(measured);
    this.checks.push({ what, measured: shown, bound, isOk });
    this.#say(`${isOk ? 'ok ' : 'RED'} ${what}: ${shown} (${bound})`);
  }

  /**
   * A bound in ms.
   * @param since when the span began, epoch ms: what its processes waited for a processor within it is added to the bound
   */
  atMost(what: string, measured: number | null | undefined, most: number, since?: number): void {
    const isThere = measured !== null && measured !== undefined && Number.isFinite(measured);
    const isOver = isThere && measured > most && since !== undefined;
    const waitedMs = isOver ? this.world.processors.waitedMs(since, since + measured) : 0;
    const isOk = isThere && measured <= most + waitedMs;
    const shown = isThere ? `${measured.toLocaleString('en')} ms` : 'never';
    const wider =
      waitedMs > 0 ? ` and the ${waitedMs.toLocaleString('en')} ms that its processes waited for a processor` : '';
    this.check(what, isOk, shown, `at most ${most.toLocaleString('en')} ms${wider}`);
  }

  /** The contract's bound on `kill -9`: begun again within 3 s, 99 times of a hundred. */
  atMostRecovery(): void {
    const { p99, from } = this.recovery();
    this.atMost('kill -9 to the next start of its jobs, p99', p99, RECOVERY_MS, from);
  }

  /** Waits for a condition. @returns ms since `from`, or undefined when it did not come about in time */
  async timeUntil(
    from: number,
    withinMs: number,
    probe: () => boolean | Promise<boolean>,
  ): Promise<number | undefined> {
    for (;;) {
      if (await probe()) return Date.now() - from;
      if (Date.now() - from > withinMs) return undefined;
      await wait(25);
    }
  }

  /** When a handler of this worker (or of any) was first started after `at`: ms since then. */
  async firstStartAfter(at: number, withinMs: number, worker?: string): Promise<number | undefined> {
    let found: number | undefined;
    await this.timeUntil(at, withinMs, () => {
      this.world.books.poll();
      found = this.#firstStart(at, worker);
      return found !== undefined;
    });
    return found;
  }

  /** Recovery after the measured kills so far, and when the kill was that stands for the p99. */
  recovery() {
    this.world.books.poll();
    const measured = this.world.kills.filter(({ isMeasured }) => isMeasured);
    const all = measured.flatMap((kill) => recoveries(this.world.books, kill).map((ms) => ({ ms, kill })));
    const figures = spread(all.map(({ ms }) => ms));
    const slow = all.filter(({ ms }) => ms > RECOVERY_MS);
    return { ...figures, from: all.find(({ ms }) => ms === figures.p99)?.kill.at ?? 0, slow };
  }

  #firstStart(at: number, worker: string | undefined): number | undefined {
    let first: number | undefined;
    for (const start of this.world.books.starts) {
      if (start.at < at || (worker !== undefined && start.worker !== worker)) continue;
      if (first === undefined || start.at - at < first) first = start.at - at;
    }
    return first;
  }
}
