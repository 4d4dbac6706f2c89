import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { launch } from '../../../compose/run/launch.ts';
import { type Death, Supervised } from '../../../compose/run/supervised.ts';

/** One life of a process, from its start to its end. */
export interface Life {
  readonly name: string;
  readonly pid: number;
  readonly from: number;
  to?: number;
  death?: Death;
}

export interface ProcessOptions {
  readonly name: string;
  /** Root of the checkout whose code it runs. */
  readonly root: string;
  /** Its main file, from there. */
  readonly main: string;
  readonly env: NodeJS.ProcessEnv;
  readonly execArgs?: readonly string[];
  readonly logDir: string;
  readonly onLife: (life: Life) => void;
  readonly onDeath: (life: Life) => void;
  readonly onLine: (line: string) => void;
}

/** A real process under the restart policy of Docker, as `npm start` has it; every line that it says is kept in a file. */
export class ChaosProcess {
  readonly name: string;
  readonly #options: ProcessOptions;
  readonly #log: WriteStream;
  #supervised: Supervised | undefined;
  #life: Life | undefined;
  lives = 0;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = createWriteStream(join(options.logDir, `${options.name}.log`), { flags: 'a' });
  }

  get pid(): number | undefined {
    return this.#supervised?.pid;
  }

  get life(): Life | undefined {
    return this.#life;
  }

  start(): void {
    const { name, root, main, env, execArgs = [], onLife } = this.#options;
    const preload = pathToFileURL(join(root, 'compose/run/leave-with-parent.mjs'));
    preload.searchParams.set('runner', String(process.pid));
    const args = ['--conditions=source', ...execArgs, '--import', preload.href, join(root, main)];
    this.#supervised = new Supervised({
      name,
      launch: ({ restarts, lastDeath }) => {
        const history = name.startsWith('worker')
          ? { WORKER_RESTARTS: String(restarts), WORKER_LAST_DEATH: lastDeath ?? '' }
          : {};
        const from = Date.now();
        const running = launch({ command: process.execPath, args, env: { ...env, ...history } }, (line) =>
          this.#heard(line),
        );
        const life: Life = { name, pid: running.pid ?? 0, from };
        this.#life = life;
        this.lives++;
        onLife(life);
        const ended = running.ended.then((death) => this.#died(life, death));
        return { ...running, ended };
      },
      say: (text) => this.#heard(text),
      onChange: () => {},
      isFinal: ({ code }) => code === 78,
      onFinal: () => {},
    });
    this.#supervised.start();
  }

  /** A signal to the process itself; its supervisor sees what comes of it. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid !== undefined) process.kill(this.pid, signal);
  }

  /** Asks it to leave for good; resolves with how it ended. */
  async stop(withinMs: number): Promise<void> {
    // A stopped process cannot obey.
    if (this.pid !== undefined) process.kill(this.pid, 'SIGCONT');
    await this.#supervised?.stop(withinMs);
    this.#supervised = undefined;
  }

  /** `kill -9`, and the next one at once: for faults that come faster than a restart policy allows. */
  async replace(): Promise<void> {
    const life = this.#life;
    this.#supervised?.kill();
    while (life !== undefined && life.to === undefined) await wait(1);
    this.start();
  }

  close(): void {
    this.#supervised?.kill();
    this.#log.end();
  }

  #died(life: Life, death: Death): Death {
    life.to = Date.now();
    life.death = death;
    this.#options.onDeath(life);
    return death;
  }

  #heard(line: string): void {
    if (this.#log.writable) this.#log.write(`${line}\n`);
    this.#options.onLine(line);
  }
}
