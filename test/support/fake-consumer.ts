import type { Claim, Consumer, ConsumerContext } from 'prodwork/engine/consumer';
import type { Outcome, SettleAnswer } from 'prodwork/job/outcome';

/** A consumer in the test's hand: it hands over what the test says, and keeps what it is told. */
export class FakeConsumer implements Consumer {
  readonly context: ConsumerContext;
  readonly settled: { readonly claim: Claim; readonly outcome: Outcome }[] = [];
  readonly progress: { readonly id: string; readonly json: string }[] = [];
  readonly sizes: number[] = [];
  readonly calls: string[] = [];
  turned: () => number = () => Date.now();
  answer: (claim: Claim, outcome: Outcome) => Promise<SettleAnswer> = async () => 'committed';
  #isQuiet = false;
  #fence = 0;

  constructor(context: ConsumerContext) {
    this.context = context;
  }

  async start(): Promise<void> {
    this.calls.push('start');
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
  }

  quiet(): void {
    this.calls.push('quiet');
    this.#isQuiet = true;
  }

  isReady(): boolean {
    return !this.#isQuiet;
  }

  turnedAt(): number {
    return this.turned();
  }

  resize(slots: number): void {
    this.sizes.push(slots);
  }

  reportProgress(claim: Claim, json: string): void {
    this.progress.push({ id: claim.id, json });
  }

  settle(claim: Claim, outcome: Outcome): Promise<SettleAnswer> {
    this.settled.push({ claim, outcome });
    return this.answer(claim, outcome);
  }

  /** Hands over one job. */
  give(type: string, payload: unknown, more: Partial<Claim> = {}): Claim {
    const claim = this.make(type, payload, more);
    this.context.events.onClaims([claim]);
    return claim;
  }

  make(type: string, payload: unknown, more: Partial<Claim> = {}): Claim {
    this.#fence++;
    return {
      id: `job-${this.#fence}`,
      queue: 'default',
      type,
      payloadJson: JSON.stringify(payload),
      priority: 'normal',
      maxAttempts: 3,
      createdAt: Date.now(),
      generation: 1,
      delivery: 1,
      attempt: 1,
      fence: this.#fence,
      isSuspect: false,
      ...more,
    };
  }

  outcomeOf(claim: Claim): Outcome | undefined {
    return this.settled.find(({ claim: { id, fence } }) => id === claim.id && fence === claim.fence)?.outcome;
  }
}
