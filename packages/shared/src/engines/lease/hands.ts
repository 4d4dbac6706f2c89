import type { Claim } from '../../engine/consumer.ts';
import type { SettleAnswer } from '../../job/outcome.ts';

/** One delivery in this worker's hands: in a slot from the claim until its settle is answered. */
export interface Held {
  readonly local: string;
  readonly claim: Claim;
  /** True once its outcome waits for, or is on, its way to Redis. */
  isSettling: boolean;
}

/** What this worker holds, by job and fence. Redis is the authority; this is the copy that the handlers run from. */
export class Hands {
  private readonly held = new Map<string, Held>();
  private readonly byClaim = new WeakMap<Claim, Held>();
  private readonly answers = new WeakMap<Claim, Promise<SettleAnswer>>();

  add(local: string, claim: Claim): Held {
    const entry = { local, claim, isSettling: false };
    this.held.set(key(local, claim.fence), entry);
    this.byClaim.set(claim, entry);
    return entry;
  }

  get(local: string, fence: number): Held | undefined {
    return this.held.get(key(local, fence));
  }

  /** The entry of a claim that was handed out; undefined once it is settled or lost. */
  of(claim: Claim): Held | undefined {
    return this.byClaim.get(claim);
  }

  remove(entry: Held): void {
    this.held.delete(key(entry.local, entry.claim.fence));
    this.byClaim.delete(entry.claim);
  }

  /** A settle that is repeated is answered as what it was. */
  answerTo(claim: Claim): Promise<SettleAnswer> | undefined {
    return this.answers.get(claim);
  }

  remember(claim: Claim, answer: Promise<SettleAnswer>): void {
    this.answers.set(claim, answer);
  }

  all(): readonly Held[] {
    return [...this.held.values()];
  }
}

const key = (local: string, fence: number): string => `${local} ${fence}`;
