import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Claim, ConsumerOptions } from 'prodwork/engine/consumer';
import type { EngineName } from 'prodwork/engine/engine';
import type { MemoryEngine } from 'prodwork/engines/memory/engine';
import type { EngineOptions } from 'prodwork/engines/open';
import type { Outcome, SettleAnswer } from 'prodwork/job/outcome';
import { until } from '../support/until.ts';
import { completeSome, type DoomedWorker, type Fatal, LocalWorker, Notebook, type Noted } from './worker.ts';

export interface WorkerPlan {
  readonly engine: EngineName;
  readonly engineOptions: Omit<EngineOptions, 'log'>;
  readonly options: ConsumerOptions;
}

export type ToParent =
  | { readonly kind: 'started' }
  | { readonly kind: 'claims'; readonly claims: readonly Claim[] }
  | { readonly kind: 'cancel' | 'lost'; readonly id: string; readonly fence: number }
  | { readonly kind: 'fatal'; readonly message: string }
  | { readonly kind: 'answer'; readonly number: number; readonly answer?: SettleAnswer; readonly error?: string };

export type FromParent =
  | { readonly kind: 'settle'; readonly number: number; readonly claim: Claim; readonly outcome: Outcome }
  | { readonly kind: 'progress'; readonly claim: Claim; readonly json: string }
  | { readonly kind: 'quiet' | 'stop' };

/** A worker in a process of its own: its death and its freezing are the real thing. */
export class ChildWorker implements DoomedWorker {
  readonly options: ConsumerOptions;
  readonly #child: ChildProcess;
  readonly #notes = new Notebook();
  readonly #answers = new Map<number, (answer: SettleAnswer | Error) => void>();
  #settles = 0;
  #isStarted = false;

  constructor(plan: WorkerPlan) {
    this.options = plan.options;
    const module = new URL('./child-worker.ts', import.meta.url);
    const execArgv = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
    this.#child = fork(module, [JSON.stringify(plan)], { execArgv, serialization: 'advanced' });
    this.#child.on('message', (message: ToParent) => this.#hear(message));
  }

  async start(): Promise<void> {
    await until('the child to start', () => this.#isStarted || this.fatal[0] || this.#isGone, 50_000);
    if (!this.#isStarted) throw new Error(this.fatal[0]?.message ?? 'the child ended before it had started');
  }

  get claims(): readonly Claim[] {
    return this.#notes.claims;
  }

  get cancels(): readonly Noted[] {
    return this.#notes.cancels;
  }

  get lost(): readonly Noted[] {
    return this.#notes.lost;
  }

  get fatal(): readonly Fatal[] {
    return this.#notes.fatal;
  }

  next(): Promise<Claim> {
    return this.#notes.next(this.options.name);
  }

  async settle(claim: Claim, outcome: Outcome): Promise<SettleAnswer> {
    this.#settles += 1;
    const number = this.#settles;
    const answer = await new Promise<SettleAnswer | Error>((resolve) => {
      this.#answers.set(number, resolve);
      this.#say({ kind: 'settle', number, claim, outcome });
    });
    if (answer instanceof Error) throw answer;
    return answer;
  }

  complete(count: number): Promise<readonly Claim[]> {
    return completeSome(this, count);
  }

  progress(claim: Claim, json: string): void {
    this.#say({ kind: 'progress', claim, json });
  }

  quiet(): void {
    this.#say({ kind: 'quiet' });
  }

  async stop(): Promise<void> {
    if (this.#isGone) return;
    const gone = once(this.#child, 'exit');
    this.#say({ kind: 'stop' });
    this.#child.kill('SIGCONT');
    await gone;
  }

  async kill(): Promise<void> {
    if (this.#isGone) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  async freeze(): Promise<void> {
    this.#child.kill('SIGSTOP');
  }

  async thaw(): Promise<void> {
    this.#child.kill('SIGCONT');
  }

  get #isGone(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #say(message: FromParent): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #hear(message: ToParent): void {
    switch (message.kind) {
      case 'started':
        this.#isStarted = true;
        break;
      case 'claims':
        this.#notes.onClaims(message.claims);
        break;
      case 'cancel':
        this.#notes.onCancel(message.id, message.fence);
        break;
      case 'lost':
        this.#notes.onLost(message.id, message.fence);
        break;
      case 'fatal':
        this.#notes.onFatal(new Error(message.message));
        break;
      case 'answer':
        this.#answers.get(message.number)?.(message.answer ?? new Error(message.error));
        break;
    }
  }
}

/** The in-memory engine has no processes: its consumer offers the same harm by itself. */
export class MemoryDoomedWorker extends LocalWorker implements DoomedWorker {
  readonly #harm: ReturnType<MemoryEngine['consumer']>;

  constructor(options: ConsumerOptions, engine: MemoryEngine) {
    const made: ReturnType<MemoryEngine['consumer']>[] = [];
    super(options, (context) => {
      const consumer = engine.consumer(context);
      made.push(consumer);
      return consumer;
    });
    const [consumer] = made;
    if (!consumer) throw new Error('no consumer was made');
    this.#harm = consumer;
  }

  async kill(): Promise<void> {
    this.#harm.crash();
  }

  async freeze(): Promise<void> {
    this.#harm.freeze();
  }

  async thaw(): Promise<void> {
    this.#harm.thaw();
  }
}
