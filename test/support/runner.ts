import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './redis-server.ts';
import { until } from './until.ts';

const START = resolve(import.meta.dirname, '../../compose/run/start.ts');
/** A cold start on a busy machine; a bound that ends a hung test. */
const READY_WITHIN_MS = 45_000;

/** `npm start` without npm: the runner as a process, on a port and in a data folder of the test's own. */
export class RunnerUnderTest {
  readonly port: number;
  readonly dataDir: string;
  readonly url: string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  #output = '';

  constructor(port: number, dataDir: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.port = port;
    this.dataDir = dataDir;
    this.url = `http://127.0.0.1:${port}`;
    const options = ['--port', String(port), '--data', dataDir, ...args];
    this.#child = spawn(process.execPath, ['--conditions=source', START, ...options], {
      env: { ...cleanEnv(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    }
    this.exited = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get output(): string {
    return this.#output;
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async untilReady(): Promise<this> {
    await until(
      `the runner to be ready; it said:\n${this.#output}`,
      () => {
        if (this.#child.exitCode !== null) throw new Error(`the runner ended early:\n${this.#output}`);
        return this.#output.includes('ready after');
      },
      READY_WITHIN_MS,
    );
    return this;
  }

  untilSaid(text: string | RegExp, withinMs = READY_WITHIN_MS): Promise<boolean> {
    const has = (): boolean => (typeof text === 'string' ? this.#output.includes(text) : text.test(this.#output));
    return until(`the runner to say ${text}; it said:\n${this.#output}`, has, withinMs);
  }

  /** Its living children by name, as it has noted them down. */
  async children(): Promise<ReadonlyMap<string, number>> {
    const text = await readFile(join(this.dataDir, `children.${this.pid}`), 'utf8').catch(() => '');
    const rows = text.split('\n').filter(Boolean);
    return new Map(rows.map((row) => [row.split('\t')[1] ?? '', Number(row.split('\t')[0])]));
  }
}

/** Settings of the machine that runs the tests must not reach the stack under test. */
function cleanEnv(): NodeJS.ProcessEnv {
  const ours = /^(PRODWORK|WORKER|QUEUE|PRODUCER|HISTORY|NOTEBOARD|DATABASE|REDIS|npm)_|^LOG_/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}

/** Runners of one test file; `clean` ends what a failed test left behind. */
export class Runners {
  readonly #started: RunnerUnderTest[] = [];
  readonly #dirs: string[] = [];

  async dataDir(): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'prodwork-runner-'));
    this.#dirs.push(dir);
    return dir;
  }

  async start(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, dir?: string): Promise<RunnerUnderTest> {
    return this.startOn(await freePort(), args, env, dir);
  }

  async startOn(
    port: number,
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
    dir?: string,
  ): Promise<RunnerUnderTest> {
    const runner = new RunnerUnderTest(port, dir ?? (await this.dataDir()), args, env);
    this.#started.push(runner);
    return runner;
  }

  async clean(): Promise<void> {
    for (const runner of this.#started.splice(0)) {
      const left = await runner.children();
      runner.send('SIGKILL');
      await runner.exited;
      for (const pid of left.values()) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
    for (const dir of this.#dirs.splice(0)) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
