import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

interface Answer {
  readonly ready?: true;
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** How long any one answer may take, ms: a hung child ends its run, not the benchmark. */
const ANSWER_WITHIN_MS = 180_000;
const LEAVE_WITHIN_MS = 15_000;
const OWN_SETTINGS =
  /^(PRODWORK|WORKER|QUEUE|PRODUCER|HISTORY)_|^(REDIS_URL|LOG_LEVEL|LOG_FORMAT|NODE_OPTIONS|NODE_V8_COVERAGE)$/;
let profileDir: string | undefined;

/** From now on children write a CPU profile into `dir` when they end. */
export function profileInto(dir: string | undefined): void {
  profileDir = dir;
}

/** The environment without what would configure prodwork, or change Node, behind the benchmark's back. */
export function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN_SETTINGS.test(name)));
}

/** A process of the benchmark: told what to do over IPC, one request at a time, ended by SIGTERM. */
export class Child<Request> {
  readonly process: ChildProcess;
  readonly #exited: Promise<string>;
  readonly #ready = Promise.withResolvers<void>();
  readonly #answers = new Map<number, PromiseWithResolvers<unknown>>();
  #stderr = '';
  #ids = 0;

  constructor(module: string, spec: object) {
    const profile = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`];
    this.process = fork(join(import.meta.dirname, module), [JSON.stringify(spec)], {
      execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning', ...profile],
      serialization: 'advanced',
      // A worker's log costs what writing it costs; where it is read is not our business.
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: cleanEnv(),
    });
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = `${this.#stderr}${chunk}`.slice(-2_000);
    });
    this.process.on('message', (message: Answer) => this.#receive(message));
    this.#exited = once(this.process, 'exit').then(([code, signal]) => {
      const how = `${module} ended (${code ?? signal})${this.#stderr === '' ? '' : `: ${this.#stderr}`}`;
      this.#ready.reject(new Error(how));
      for (const { reject } of this.#answers.values()) reject(new Error(how));
      return how;
    });
    this.#ready.promise.catch(() => {});
  }

  /** Resolves when its modules are loaded and it listens. */
  ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** @throws Error with what the child threw, or how it died. */
  async ask<Value>(request: Request): Promise<Value> {
    await this.#ready.promise;
    const id = ++this.#ids;
    const answer = Promise.withResolvers<unknown>();
    this.#answers.set(id, answer);
    const timer = setTimeout(() => answer.reject(new Error('no answer in time')), ANSWER_WITHIN_MS);
    try {
      this.process.send({ id, request });
      // Both ends of this conversation are ours: the request's kind says what comes back.
      return (await answer.promise) as Value;
    } finally {
      clearTimeout(timer);
      this.#answers.delete(id);
    }
  }

  /** Lets it finish what it has in hand; kills it when that takes too long. */
  async leave(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const timer = setTimeout(() => this.process.kill('SIGKILL'), LEAVE_WITHIN_MS);
    this.process.kill('SIGTERM');
    await this.#exited;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.#exited;
  }

  #receive({ ready, id, value, error }: Answer): void {
    if (ready) this.#ready.resolve();
    const answer = id === undefined ? undefined : this.#answers.get(id);
    if (error === undefined) answer?.resolve(value);
    else answer?.reject(new Error(error));
  }
}
