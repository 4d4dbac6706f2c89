import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch } from './launch.ts';
import type { LinePrefix } from './line-prefix.ts';
import { freePort } from './ports.ts';
import { type PrivatePostgres, postgresCommand } from './postgres/server.ts';
import { type PrivateSource, serverCommand, shownLine } from './redis/command.ts';
import { ping } from './redis/ping.ts';
import type { RunNotes } from './run-notes.ts';
import { type Death, Supervised } from './supervised.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '..', '..');
/** EX_CONFIG: the process has said what is wrong with its settings, and would say it again. */
const CONFIG_FAULT = 78;
const NOT_FOUND = 127;
const REDIS_STOPS_WITHIN_MS = 30_000;
const POSTGRES_STOPS_WITHIN_MS = 30_000;
const LAUNCH_TRIES = 3;
const LOOK_EVERY_MS = 20;

export interface StackOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly dataDir: string;
  readonly lines: LinePrefix;
  readonly notes: RunNotes;
  /** Longest time that a worker and the producer take to drain, ms. */
  readonly workersStopWithinMs: number;
  readonly producerStopWithinMs: number;
  /** A process ended in a way that no restart mends. */
  readonly onFinal: (name: string, death: Death) => void;
}

interface Member {
  readonly process: Supervised;
  readonly mark: string;
  readonly killSignal: NodeJS.Signals;
}

/**
 * The processes behind `npm start`: a private Redis, the producer, the workers, and when asked for a private Postgres and
 * the noteboard; each is started again when it dies.
 */
export class Stack {
  readonly #options: StackOptions;
  #redis: Member | undefined;
  #postgres: Member | undefined;
  #noteboard: Member | undefined;
  #producer: Member | undefined;
  readonly #workers: Member[] = [];

  constructor(options: StackOptions) {
    this.#options = options;
  }

  /** Living workers, for the person who wants to kill one. */
  workerPids(): readonly { name: string; pid: number }[] {
    return this.#workers.flatMap(({ process: { name, pid } }) => (pid === undefined ? [] : [{ name, pid }]));
  }

  /** Stays until this process is gone, then ends what is left. */
  startWatchdog(): void {
    const seconds = Math.ceil(this.#options.workersStopWithinMs / 1_000);
    const args = [join(HERE, 'watchdog.sh'), this.#options.notes.childrenFile(), String(seconds)];
    const watchdog = spawn('sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    watchdog.on('error', (error) => this.#say(`no watchdog: ${error.message}`));
    watchdog.stdin.on('error', () => {});
    watchdog.unref();
    if ('unref' in watchdog.stdin && typeof watchdog.stdin.unref === 'function') watchdog.stdin.unref();
  }

  /**
   * Starts a Redis of our own and waits until it has loaded its data.
   * @returns its URL
   * @throws Error when it does not come up (what it said stands in the log above), or the signal's reason
   */
  async startRedis(source: PrivateSource, signal: AbortSignal): Promise<string> {
    const dir = join(this.#options.dataDir, 'redis');
    mkdirSync(dir, { recursive: true });
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      const { command, args, mark, killSignal } = serverCommand(source, port, dir);
      const showLine = (text: string): void => {
        const shown = shownLine(text);
        if (shown) this.#options.lines.line('redis', shown);
      };
      let firstDeath: Death | undefined;
      let isUp = false;
      const member = this.#member(
        'redis',
        mark,
        {
          launch: () => launch({ command, args, env: this.#options.env }, showLine),
          isFinal: (death) => {
            if (isUp) return death.code === NOT_FOUND;
            firstDeath = death;
            return true;
          },
          onFinal: (death) => isUp && this.#options.onFinal('redis', death),
        },
        killSignal,
      );
      this.#redis = member;
      member.process.start();
      while (firstDeath === undefined) {
        signal.throwIfAborted();
        const answer = await ping(port);
        if (answer === '+PONG') {
          isUp = true;
          return `redis://127.0.0.1:${port}`;
        }
        // It answers LOADING while it reads its data; anything else would stay as it is.
        if (answer?.startsWith('-') && !answer.startsWith('-LOADING'))
          throw new Error(`the private Redis says ${answer}`);
        await sleep(LOOK_EVERY_MS, undefined, { signal });
      }
      // Somebody may have taken the port between our look and its start.
      if (attempt === LAUNCH_TRIES) throw new Error(`the private Redis does not start; its data is in ${dir}`);
    }
  }

  /**
   * Starts a Postgres of our own and does not wait for it: whoever uses it waits by itself.
   * @returns its URL, and where its data is
   */
  async startPostgres(source: PrivatePostgres): Promise<{ readonly url: string; readonly dir: string }> {
    const { dataDir, env, lines, onFinal } = this.#options;
    const { command, args, mark, killSignal, url, dir, ...its } = postgresCommand(source, await freePort(), dataDir);
    this.#postgres = this.#member(
      'postgres',
      mark,
      {
        launch: () => launch({ command, args, env: { ...env, ...its.env } }, (text) => lines.line('postgres', text)),
        isFinal: ({ code }) => code === NOT_FOUND,
        onFinal: (death) => onFinal('postgres', death),
      },
      killSignal,
    );
    this.#postgres.process.start();
    return { url, dir };
  }

  startNoteboard(env: NodeJS.ProcessEnv): void {
    this.#noteboard = this.#nodeMember('noteboard', 'packages/noteboard/src/main.ts', () => env);
    this.#noteboard.process.start();
  }

  startProducer(env: NodeJS.ProcessEnv): void {
    this.#producer = this.#nodeMember('producer', 'packages/producer/src/main.ts', () => env);
    this.#producer.process.start();
  }

  startWorkers(count: number, env: NodeJS.ProcessEnv): void {
    for (let number = 1; number <= count; number++) {
      const name = `worker-${number}`;
      const worker = this.#nodeMember(name, 'packages/worker/src/main.ts', ({ restarts, lastDeath }) => ({
        ...env,
        WORKER_NAME: name,
        WORKER_RESTARTS: String(restarts),
        WORKER_LAST_DEATH: lastDeath ?? '',
      }));
      this.#workers.push(worker);
      worker.process.start();
    }
  }

  /** Workers first, so that they can settle; then what serves pages; the databases last. Everything is bounded. */
  async stop(): Promise<void> {
    const { workersStopWithinMs, producerStopWithinMs } = this.#options;
    await Promise.all(this.#workers.map((worker) => worker.process.stop(workersStopWithinMs)));
    const doors = [this.#producer, this.#noteboard];
    await Promise.all(doors.map((door) => door?.process.stop(producerStopWithinMs)));
    await this.#postgres?.process.stop(POSTGRES_STOPS_WITHIN_MS);
    await this.#redis?.process.stop(REDIS_STOPS_WITHIN_MS);
  }

  /** Everything ends now. Nothing accepted is lost: Redis has written each change to its log before it answered. */
  kill(): void {
    for (const { process, killSignal } of this.#members()) process.kill(killSignal);
  }

  #nodeMember(
    name: string,
    main: string,
    envOf: (history: { restarts: number; lastDeath: string | undefined }) => NodeJS.ProcessEnv,
  ): Member {
    const preload = pathToFileURL(join(HERE, 'leave-with-parent.mjs'));
    preload.searchParams.set('runner', String(process.pid));
    const path = join(ROOT, main);
    const args = ['--conditions=source', '--import', preload.href, path];
    return this.#member(name, path, {
      launch: (history) =>
        launch({ command: process.execPath, args, env: envOf(history) }, (text) =>
          this.#options.lines.line(name, text),
        ),
      isFinal: ({ code }) => code === CONFIG_FAULT || code === NOT_FOUND,
      onFinal: (death) => this.#options.onFinal(name, death),
    });
  }

  #member(
    name: string,
    mark: string,
    how: Pick<ConstructorParameters<typeof Supervised>[0], 'launch' | 'isFinal' | 'onFinal'>,
    killSignal: NodeJS.Signals = 'SIGKILL',
  ): Member {
    const say = (text: string): void => this.#say(text);
    const onChange = (): void => this.#noteChildren();
    return { process: new Supervised({ name, say, onChange, ...how }), mark, killSignal };
  }

  #members(): readonly Member[] {
    const others = [this.#redis, this.#postgres, this.#noteboard, this.#producer];
    return [...others, ...this.#workers].filter((member) => member !== undefined);
  }

  #noteChildren(): void {
    this.#options.notes.writeChildren(
      this.#members().flatMap(({ process: { name, pid }, mark }) => (pid === undefined ? [] : [{ name, pid, mark }])),
    );
  }

  #say(text: string): void {
    this.#options.lines.line('prodwork', text);
  }
}
