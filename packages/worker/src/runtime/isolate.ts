import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Claim } from 'prodwork/engine/consumer';
import { isProdworkError } from 'prodwork/errors';
import type { RunContext } from 'prodwork/job/handle';
import type { Log, LogOptions } from 'prodwork/log';
import type { Executor } from './attempt.ts';
import { ChildDied, FailedElsewhere } from './failure.ts';
import { ISOLATED_FLAG, isToParent, type ToChild } from './isolate-wire.ts';

/** From the abort to SIGTERM, and from there to SIGKILL, ms. Together below every grace that an attempt is given. */
const TERM_AFTER_MS = 1_000;
const KILL_AFTER_MS = 500;
const STDERR_KEPT = 4_096;

export interface IsolateOptions {
  /** The main file of this worker: the child loads it too, and so has the same handlers. */
  readonly entry: string;
  readonly worker: string;
  readonly logging: Pick<LogOptions, 'level' | 'format'>;
  readonly execArgv?: readonly string[];
}

/**
 * Makes executors that run one job alone in a process of its own, so that its death is its own. Starting a process holds
 * the event loop up: of many, one is started in each turn of it, so that heartbeats and the other jobs go on.
 */
export const isolateIn = (options: IsolateOptions) => {
  let turn = Promise.resolve();
  return ({ type }: Claim, log: Log): Executor => {
    let child: IsolatedJob | undefined;
    let isClosed = false;
    return {
      async run(payload, context) {
        turn = turn.then(nextTurn);
        await turn;
        if (isClosed) return undefined;
        context.signal.throwIfAborted();
        child = new IsolatedJob(options, context, log);
        const { job, fence, idempotencyKey } = context;
        const { worker, logging } = options;
        return child.ask({ say: 'run', type, payload, job, fence, idempotencyKey, worker, logging });
      },
      verify: () => child?.ask({ say: 'verify' }),
      close() {
        isClosed = true;
        child?.close();
      },
    };
  };
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class IsolatedJob {
  readonly #child: ChildProcess;
  readonly #context: RunContext;
  readonly #oomKillsBefore = oomKills();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #onAbort = (): void => this.#abort();
  #answer: PromiseWithResolvers<unknown> | undefined;
  #stderr = '';
  #death: Error | undefined;

  constructor({ entry, execArgv = process.execArgv }: IsolateOptions, context: RunContext, log: Log) {
    this.#context = context;
    this.#child = fork(entry, [ISOLATED_FLAG], {
      execArgv: execArgv.filter((flag) => !flag.startsWith('--inspect')),
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      // A group of its own: a Ctrl-C in the terminal is for the worker, which then drains.
      detached: true,
    });
    log.debug({ childPid: this.#child.pid }, 'job runs alone');
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_KEPT);
    });
    this.#child.on('message', (message) => this.#heard(message));
    this.#child.on('error', (error) => this.#died(error));
    this.#child.on('close', (code, signal) => this.#died(new ChildDied(this.#cause(code, signal))));
    context.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  ask(question: ToChild): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    this.#answer = answer;
    if (this.#death) answer.reject(this.#death);
    else this.#send(question);
    return answer.promise;
  }

  /** The child leaves when its channel closes; one that does not is killed. */
  close(): void {
    this.#context.signal.removeEventListener('abort', this.#onAbort);
    this.#answer = undefined;
    if (this.#death) return;
    if (this.#child.connected) this.#child.disconnect();
    this.#killAfter('SIGKILL', KILL_AFTER_MS);
  }

  #heard(message: unknown): void {
    if (!isToParent(message)) return;
    switch (message.say) {
      case 'progress':
        this.#context.progress(message.value);
        break;
      case 'returned':
        this.#answer?.resolve(message.json === undefined ? undefined : JSON.parse(message.json));
        break;
      case 'threw':
        this.#answer?.reject(new FailedElsewhere(message.failure));
    }
  }

  #abort(): void {
    const { reason } = this.#context.signal;
    this.#send({ say: 'abort', code: isProdworkError(reason) ? reason.code : 'JOB_CANCELLED' });
    this.#killAfter('SIGTERM', TERM_AFTER_MS);
    this.#killAfter('SIGKILL', TERM_AFTER_MS + KILL_AFTER_MS);
  }

  #send(message: ToChild): void {
    // A channel that is closed already is reported by `close`, with the cause of death.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #killAfter(signal: NodeJS.Signals, ms: number): void {
    this.#timers.push(setTimeout(() => this.#child.kill(signal), ms));
  }

  #died(error: Error): void {
    if (this.#death) return;
    this.#death = error;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#answer?.reject(error);
  }

  /** As exact as can be told from outside: `oom` where the kernel or V8 said so, else the signal or the exit code. */
  #cause(code: number | null, signal: NodeJS.Signals | null): string {
    if (signal === 'SIGKILL' && oomKills() > this.#oomKillsBefore) return 'oom';
    if (/heap out of memory|Allocation failed/.test(this.#stderr)) return 'oom';
    return signal ?? `exit ${code ?? 'unknown'}`;
  }
}

/** Where cgroup v2, then v1, counts the processes that the kernel has killed for memory in this cgroup. */
const OOM_COUNTERS = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

/** That count; 0 where it cannot be read. */
function oomKills(): number {
  for (const path of OOM_COUNTERS) {
    try {
      return Number(/^oom_kill (\d+)$/m.exec(readFileSync(path, 'utf8'))?.[1] ?? 0);
    } catch {
      // The other version of cgroups, or none.
    }
  }
  return 0;
}
