import type { DeliveryMode, Priority } from '../job/job.ts';
import type { Outcome, SettleAnswer } from '../job/outcome.ts';
import type { Service } from '../service.ts';

/** One job handed to this worker. It stays in one of its slots until it is settled or lost. */
export interface Claim {
  readonly id: string;
  readonly queue: string;
  readonly type: string;
  /** JSON text as submitted; whoever parses it must expect anything. */
  readonly payloadJson: string;
  readonly priority: Priority;
  readonly maxAttempts: number;
  readonly timeoutMs?: number;
  readonly createdAt: number;
  readonly generation: number;
  /** 1 for the first hand-over of this generation. */
  readonly delivery: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly fence: number;
  /** Two workers died with it in hand: run it alone, in a process of its own. */
  readonly isSuspect: boolean;
}

export interface ConsumerOptions {
  /** Stable name; two living workers may not share one. */
  readonly name: string;
  /** New for each start of the process. */
  readonly incarnation: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly queue: string;
  readonly slots: number;
  readonly types: readonly { readonly type: string; readonly delivery: DeliveryMode }[];
}

/** How a consumer speaks to the runtime. Called from the event loop, never concurrently, and must not throw. */
export interface ConsumerEvents {
  /** Jobs to run now; never more than there are free slots, and no delivery a second time. */
  onClaims(claims: readonly Claim[]): void;
  /** A cancel was asked for: abort the handler, then settle with `cancel`. */
  onCancel(id: string, fence: number): void;
  /** The lease is gone (pause, partition, reaped): abort; what is settled now is answered `lost`. */
  onLost(id: string, fence: number): void;
  /** The consumer cannot go on: name taken, layout too new, data set lost, not permitted. The process should exit. */
  onFatal(error: Error): void;
}

/** Vital signs of the process that ride on the heartbeat. */
export interface WorkerVitals {
  readonly state: 'running' | 'draining' | 'quiet';
  readonly rssBytes: number;
  /** cgroup limit, or 0 when there is none. */
  readonly memoryLimitBytes: number;
  readonly loopLagMs: number;
  readonly restarts?: number;
  readonly lastDeath?: string;
}

/** Pulls jobs for the free slots of one worker and settles them. `start` registers the worker, `stop` deregisters it. */
export interface Consumer extends Service {
  /**
   * Ends a delivery. Never rejects for a connection that is away: it is sent again until Redis has answered
   * (or the consumer is stopped, which rejects with `QUEUE_UNAVAILABLE`).
   */
  settle(claim: Claim, outcome: Outcome): Promise<SettleAnswer>;
  /** Stores what the handler reported. Best effort: never rejects. `json` is JSON text up to 1 KiB. */
  reportProgress(claim: Claim, json: string): void;
  /**
   * How many jobs may be in hand from now on. A runtime whose handler outlives its settled attempt lowers it by one until
   * the handler has ended, so that no more work runs than there are slots.
   */
  resize(slots: number): void;
  /**
   * Stops claiming; what is in hand goes on. May be called twice. What the queue hands over before it has heard of this
   * still arrives: whoever calls this hands it back.
   */
  quiet(): void;
  /** True while claims could come: connected and not quiet. */
  isReady(): boolean;
  /**
   * When the fetch loop last made a full turn (claimed, waited in vain, or made a reconnect attempt), epoch ms.
   * The watchdog and `/healthz` read it: healthy means consuming.
   */
  turnedAt(): number;
}

export interface ConsumerContext {
  readonly options: ConsumerOptions;
  readonly events: ConsumerEvents;
  /** Read at each heartbeat. */
  readonly vitals: () => WorkerVitals;
}
