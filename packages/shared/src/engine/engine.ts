import type { Consumer, ConsumerContext } from './consumer.ts';
import type { HistorySource } from './history.ts';
import type { Inspector } from './inspector.ts';
import type { Promises } from './promises.ts';
import type { Submitter } from './submitter.ts';

export const ENGINE_NAMES = ['lease', 'brpop', 'bullmq', 'memory'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** Is Redis there, and is it safe to use? `problems` stop readiness; `warnings` are said once in the log. */
export interface EngineHealth {
  readonly isReady: boolean;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Set when nothing may start on this Redis: with its version or its settings jobs would be lost. */
  readonly refusal?: string;
}

/**
 * An engine: how jobs are stored, handed over and settled. It opens nothing by itself; each part it makes acts from its
 * `start()` to its `stop()`.
 */
export interface Engine {
  readonly name: EngineName;
  readonly promises: Promises;
  submitter(): Submitter;
  inspector(): Inspector;
  consumer(context: ConsumerContext): Consumer;
  /** What an archiver needs of one queue; absent: this engine has no history. */
  historySource?(queue: string): HistorySource;
  /** A fresh look (cached for a second): answers within 2 s, never rejects. */
  health(): Promise<EngineHealth>;
  /** Closes what the parts shared. Stop the parts first. */
  close(): Promise<void>;
}
