import type { WorkerVitals } from '../../engine/consumer.ts';
import { ProdworkError } from '../../errors.ts';
import type { SettleAnswer } from '../../job/outcome.ts';
import type { ScriptArg } from '../../redis/script.ts';
import type { EngineOptions } from '../open.ts';
import type { Held } from './hands.ts';
import { scripts } from './scripts.ts';
import type { Shard } from './shard.ts';

/** A delivery that is over, on its way to Redis. */
export interface Settling {
  readonly held: Held;
  readonly verb: readonly [string, number, string, string];
  readonly resolve: (answer: SettleAnswer) => void;
  readonly reject: (error: unknown) => void;
}

interface Call {
  /** One of two places in Redis where the answer is noted, so that a copy of the call is answered from it. */
  readonly place: 'a' | 'b';
  readonly number: number;
  /** Those that completed come first: they travel in a shorter form. */
  readonly items: readonly Settling[];
  readonly completed: number;
}

export interface TurnHooks {
  /** Claims as the script sent them: one by one, or those of first deliveries together. */
  onClaims(claims: readonly unknown[]): void;
  onSettled(settling: Settling, answer: SettleAnswer): void;
  /** This incarnation was taken for dead. */
  onGone(): void;
  /** An answer was lost: the calls without one wait for `resend`. */
  onBroken(error: unknown): void;
  /** A call was answered, whether or not there was anything in it. */
  onTurn(): void;
  vitals(): WorkerVitals;
}

/** Items of one call, at most: Lua's `unpack` ends near 8,000 values. */
const ITEMS = 500;
const ITEM_BYTES = 256 * 1024;
/** From so many slots on, two smaller calls that overlap beat one that everybody waits for. */
const OVERLAP_SLOTS = 8;

/**
 * The fused call of a worker: settles what finished, renews the lease and claims for the free slots in one round trip.
 * Everything that happens in one turn of the event loop shares a call, or half of all slots when so many end at once and
 * no other worker is there; two calls are under way at most, so the batch size finds itself. Calls are numbered: one whose answer was lost is sent again as it was.
 */
export class Turns {
  private readonly shard: Shard;
  private readonly options: EngineOptions;
  private readonly hooks: TurnHooks;
  private readonly waiting: Settling[] = [];
  private readonly freePlaces: ('a' | 'b')[] = ['a', 'b'];
  private unanswered: Call[] = [];
  private isScheduled = false;
  private isHandingOut = false;
  private isWanted = false;
  private isOpen = false;
  private heartbeatAt = 0;
  /** When the last renewal that was answered had been sent, by the monotonic clock, ms. */
  private renewedAt = Number.NEGATIVE_INFINITY;
  private number = 0;
  /** No other worker was there at the last answer. */
  private isAlone = true;
  private incarnation = '';
  private epoch = '';
  slots = 0;

  constructor(shard: Shard, options: EngineOptions, hooks: TurnHooks) {
    this.shard = shard;
    this.options = options;
    this.hooks = hooks;
  }

  /** Begins, or goes on, to send as this incarnation. */
  open(incarnation: string, epoch: string): void {
    if (incarnation !== this.incarnation) this.heartbeatAt = 0;
    this.incarnation = incarnation;
    this.epoch = epoch;
    this.isOpen = true;
    this.want();
  }

  /** Holds everything back until `open`. */
  close(): void {
    this.isOpen = false;
  }

  settle(settling: Settling): void {
    this.waiting.push(settling);
    // Half of what this worker runs is over: Redis can work on that while the other half goes on here. When all of it is,
    // there is nothing left to wait for. With others there, Redis works for them meanwhile, and fewer calls cost it less.
    const enough = this.isAlone && this.slots >= OVERLAP_SLOTS ? this.slots / 2 : this.slots;
    if (this.waiting.length >= enough) this.pump();
    else if (!this.isHandingOut) this.schedule();
  }

  /** A turn is due even when nothing finished: slots became free, or the lease wants renewing. */
  want(): void {
    this.isWanted = true;
    this.schedule();
  }

  beatIfDue(now: number): void {
    if (now - this.heartbeatAt >= this.options.heartbeatMs) this.want();
  }

  /** No renewal was answered for a lease's length: what has come in since may be another worker's by now. */
  get isLeaseDoubtful(): boolean {
    return performance.now() - this.renewedAt > this.options.leaseMs;
  }

  get isIdle(): boolean {
    return this.waiting.length === 0 && this.unanswered.length === 0;
  }

  /** Sends the unanswered calls again, oldest first, claiming nothing. @throws when one stays without an answer. */
  async resend(): Promise<void> {
    for (const call of [...this.unanswered]) {
      if (!(await this.exchange(call, 0, ''))) return;
    }
  }

  /** Ends everything that waits for an answer. */
  fail(answer: SettleAnswer | Error): void {
    const ended = [...this.unanswered.flatMap(({ items }) => items), ...this.waiting.splice(0)];
    this.unanswered = [];
    this.freePlaces.splice(0, 2, 'a', 'b');
    for (const settling of ended) {
      if (answer instanceof Error) settling.reject(answer);
      else this.hooks.onSettled(settling, answer);
    }
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    while (this.isOpen && (this.isWanted || this.waiting.length > 0)) {
      const place = this.freePlaces.shift();
      if (place === undefined) return;
      const call = { place, number: ++this.number, ...this.nextItems() };
      this.isWanted = false;
      this.unanswered.push(call);
      void this.send(call);
    }
  }

  private nextItems(): Pick<Call, 'items' | 'completed'> {
    let bytes = 0;
    let end = 0;
    while (end < this.waiting.length && end < ITEMS && bytes < ITEM_BYTES) {
      bytes += this.waiting[end]?.verb[3].length ?? 0;
      end++;
    }
    const items = this.waiting.splice(0, end);
    const completed = items.filter(isCompleted);
    if (completed.length === end) return { items, completed: end };
    return {
      items: [...completed, ...items.filter((item) => !isCompleted(item))],
      completed: completed.length,
    };
  }

  private async send(call: Call): Promise<void> {
    const now = Date.now();
    let heartbeat = '';
    if (now - this.heartbeatAt >= this.options.heartbeatMs) {
      this.heartbeatAt = now;
      heartbeat = JSON.stringify(this.hooks.vitals());
    }
    try {
      await this.exchange(call, this.slots, heartbeat);
    } catch (error) {
      this.isOpen = false;
      this.heartbeatAt = 0;
      this.hooks.onBroken(error);
    }
  }

  /** One call and its answer. Resolves false when the incarnation is gone. */
  private async exchange(call: Call, slots: number, heartbeat: string): Promise<boolean> {
    const sentAt = performance.now();
    const reply = await this.shard.ask(scripts.turn, this.argsOf(call, slots, heartbeat));
    if (heartbeat !== '' && reply[0] === 'ok') this.renewedAt = sentAt;
    if (!this.unanswered.includes(call)) return true;
    if (reply[0] === 'gone') {
      this.isOpen = false;
      this.hooks.onGone();
      return false;
    }
    if (reply[0] !== 'ok') throw new ProdworkError('INTERNAL', `turn: unexpected reply ${String(reply[0])}`);
    this.unanswered = this.unanswered.filter((other) => other !== call);
    this.freePlaces.push(call.place);
    this.hooks.onTurn();
    if (reply[1] !== '') this.isAlone = reply[1] === 1;
    const refused = reply[2] === '' ? NONE : new Set(String(reply[2]).split(',').map(Number));
    for (const [index, settling] of call.items.entries()) {
      this.hooks.onSettled(settling, refused.has(index + 1) ? 'lost' : 'committed');
    }
    if (reply.length > 3) this.handOut(reply.slice(3));
    if (this.waiting.length > 0 || this.isWanted) this.schedule();
    return true;
  }

  /** Handlers may end before they return: what they leave is looked at once they all have begun. */
  private handOut(claims: readonly unknown[]): void {
    this.isHandingOut = true;
    try {
      this.hooks.onClaims(claims);
    } finally {
      this.isHandingOut = false;
    }
  }

  private argsOf(call: Call, slots: number, heartbeat: string): readonly ScriptArg[] {
    const { leaseMs, deliveryLimit, keep } = this.options;
    const vitals = heartbeat === '' ? undefined : this.hooks.vitals();
    const args: ScriptArg[] = [this.incarnation, this.epoch, leaseMs, deliveryLimit, keep.count, slots];
    const { runs, fields } = completedRuns(call.items.slice(0, call.completed));
    args.push(
      call.place,
      call.number,
      heartbeat,
      vitals?.rssBytes ?? 0,
      vitals?.memoryLimitBytes ?? 0,
      call.items.length,
      runs,
      call.items.some(({ held }) => held.mayHaveProgress) ? 1 : 0,
      ...fields,
    );
    for (const { held, verb } of call.items.slice(call.completed)) args.push(held.local, held.claim.fence, ...verb);
    return args;
  }
}

/** Completed items as they travel: those that follow one another with one fence share it; their ids, then their bodies. */
function completedRuns(items: readonly Settling[]): { readonly runs: number; readonly fields: readonly ScriptArg[] } {
  const fields: ScriptArg[] = [];
  let [runs, from] = [0, 0];
  while (from < items.length) {
    const fence = items[from]?.held.claim.fence ?? 0;
    let to = from + 1;
    while (to < items.length && items[to]?.held.claim.fence === fence) to++;
    fields.push(fence, to - from);
    for (let at = from; at < to; at++) fields.push(items[at]?.held.local ?? '');
    for (let at = from; at < to; at++) fields.push(items[at]?.verb[3] ?? '');
    runs++;
    from = to;
  }
  return { runs, fields };
}

const NONE: ReadonlySet<number> = new Set();
const isCompleted = ({ verb }: Settling): boolean => verb[0] === 'C';
