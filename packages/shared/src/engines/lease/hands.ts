import type { SettleAnswer } from '../../job/outcome.ts';
import { type Enrolled, Roster } from '../../job/roster.ts';
import type { HeldClaim } from './record.ts';

/** One delivery in this worker's hands: in a slot from the claim until its settle is answered. */
export interface Held extends Enrolled {
  readonly local: string;
  readonly claim: HeldClaim;
  /** True once its outcome waits for, or is on, its way to Redis. */
  isSettling: boolean;
  /** False once it is settled or lost. */
  isHeld: boolean;
  /** A handler of it may have reported progress. */
  mayHaveProgress: boolean;
  /** A settle that is repeated is answered as what it was. */
  answer: Promise<SettleAnswer> | undefined;
}

/** What this worker holds. Redis is the authority; this is the copy that the handlers run from. */
export class Hands {
  private readonly held = new Roster<Held>();

  add(local: string, claim: HeldClaim): Held {
    const entry: Held = {
      local,
      claim,
      isSettling: false,
      isHeld: true,
      mayHaveProgress: false,
      answer: undefined,
      place: 0,
    };
    claim.held = entry;
    this.held.add(entry);
    return entry;
  }

  get(local: string, fence: number): Held | undefined {
    return this.held.find((entry) => entry.claim.fence === fence && entry.local === local);
  }

  remove(entry: Held): void {
    entry.isHeld = false;
    this.held.remove(entry);
  }

  all(): readonly Held[] {
    return this.held.values();
  }
}
