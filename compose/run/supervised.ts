import { nextDelayMs } from './restart-policy.ts';

/** How a process ended. */
export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that was started. `ended` never rejects: a program that cannot be started has ended with code 127. */
export interface Running {
  readonly pid: number | undefined;
  readonly ended: Promise<Death>;
  kill(signal: NodeJS.Signals): void;
}

export interface SupervisedOptions {
  readonly name: string;
  /** @param history what the new process is told about its former selves */
  readonly launch: (history: { readonly restarts: number; readonly lastDeath: string | undefined }) => Running;
  readonly say: (text: string) => void;
  /** Called when the set of living processes changed. */
  readonly onChange: () => void;
  /** An end that a restart cannot mend, e.g. a fault in the configuration; it is not started again. */
  readonly isFinal: (death: Death) => boolean;
  readonly onFinal: (death: Death) => void;
}

/**
 * One process that is kept alive: started, started again when it ends (whatever its exit code, as `unless-stopped`
 * does), and stopped within a bound. Delays are those of `restart-policy.ts`.
 */
export class Supervised {
  readonly name: string;
  readonly #options: SupervisedOptions;
  #running: Running | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #restarts = 0;
  #lastDeath: string | undefined;
  #delayMs: number | undefined;

  constructor(options: SupervisedOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#running?.pid;
  }

  start(): void {
    if (this.#isStopping) return;
    const startedAt = Date.now();
    const running = this.#options.launch({ restarts: this.#restarts, lastDeath: this.#lastDeath });
    this.#running = running;
    this.#options.onChange();
    void running.ended.then((death) => this.#ended(death, Date.now() - startedAt));
  }

  /** Asks the process to leave, and ends it when it has not left in time. Resolves when it is gone. */
  async stop(withinMs: number): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const running = this.#running;
    if (running === undefined) return;
    running.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.#options.say(`${this.name} did not leave within ${withinMs} ms; ending it with SIGKILL`);
      running.kill('SIGKILL');
    }, withinMs);
    await running.ended;
    clearTimeout(timer);
  }

  /** Ends it now. @param signal another one, where SIGKILL would hit the wrong process */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#running?.kill(signal);
  }

  #ended(death: Death, livedMs: number): void {
    const { pid } = this.#running ?? {};
    this.#running = undefined;
    this.#options.onChange();
    if (this.#isStopping) return;
    this.#lastDeath = describeDeath(death);
    const what = `${this.name} (pid ${pid ?? '-'}) ${this.#lastDeath}`;
    if (this.#options.isFinal(death)) {
      this.#options.say(what);
      this.#options.onFinal(death);
      return;
    }
    this.#delayMs = nextDelayMs(this.#delayMs, livedMs);
    this.#restarts += 1;
    this.#options.say(`${what}; starting it again in ${this.#delayMs} ms (restart ${this.#restarts})`);
    this.#timer = setTimeout(() => this.start(), this.#delayMs);
  }
}

export function describeDeath({ code, signal }: Death): string {
  return signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
}
