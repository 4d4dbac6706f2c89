import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, isAlive } from './process-info.ts';
import { capture } from './setup/shell.mjs';

/** A process that the runner started, as it notes it down for whoever comes after it. */
export interface Child {
  readonly pid: number;
  readonly name: string;
  /** A part of its command line: a number alone may belong to somebody else by now. */
  readonly mark: string;
}

interface Owner {
  readonly pid: number;
  readonly url: string;
}

const RUNNER_MARK = 'compose/run/start.ts';
const REDIS_LEAVES_WITHIN_MS = 15_000;

export class AlreadyRunningError extends Error {}

/**
 * What a runner writes into its data folder: who it is, and which processes it has started. So a second start in the same
 * folder is refused, the watchdog knows what to end, and a start after `kill -9` finds what was left behind.
 */
export class RunNotes {
  readonly #dir: string;
  readonly #say: (text: string) => void;

  constructor(dataDir: string, say: (text: string) => void) {
    this.#dir = dataDir;
    this.#say = say;
  }

  /** One line per child: pid, name, mark. `watchdog.sh` reads it. */
  childrenFile(runner: number = process.pid): string {
    return join(this.#dir, `children.${runner}`);
  }

  /**
   * Makes this process the owner of the data folder.
   * @throws AlreadyRunningError when another living runner owns it
   */
  async takeOver(url: string): Promise<void> {
    mkdirSync(this.#dir, { recursive: true });
    const text = JSON.stringify({ pid: process.pid, url } satisfies Owner);
    for (;;) {
      try {
        writeFileSync(this.#ownerFile, text, { flag: 'wx' });
        return;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const owner = this.#readOwner();
      if (owner !== undefined && isAlive(owner.pid) && (await commandLine(owner.pid))?.includes(RUNNER_MARK)) {
        throw new AlreadyRunningError(
          `prodwork already runs from this folder (pid ${owner.pid}, ${owner.url}). Stop it with Ctrl-C in its terminal, or: kill ${owner.pid}`,
        );
      }
      if (owner !== undefined) await this.#endLeftovers(owner.pid);
      rmSync(this.#ownerFile, { force: true });
    }
  }

  writeChildren(children: readonly Child[]): void {
    writeFileSync(this.childrenFile(), children.map(({ pid, name, mark }) => `${pid}\t${name}\t${mark}\n`).join(''));
  }

  /** After everything has stopped: nothing is left to look after. */
  release(): void {
    rmSync(this.childrenFile(), { force: true });
    rmSync(this.#ownerFile, { force: true });
  }

  get #ownerFile(): string {
    return join(this.#dir, 'runner.json');
  }

  #readOwner(): Owner | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#ownerFile, 'utf8'));
      return isOwner(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** Ends what a killed runner left: workers at once (their jobs are handed out again), Redis with its data written. */
  async #endLeftovers(runner: number): Promise<void> {
    const living = [];
    for (const child of readChildren(this.childrenFile(runner))) {
      if ((await commandLine(child.pid))?.includes(child.mark)) living.push(child);
    }
    if (living.length > 0)
      this.#say(`ending what a killed runner left: ${living.map((child) => child.name).join(', ')}`);
    for (const child of living) trySignal(child.pid, child.name === 'redis' ? 'SIGTERM' : 'SIGKILL');
    const giveUpAt = Date.now() + REDIS_LEAVES_WITHIN_MS;
    while (living.some((child) => isAlive(child.pid)) && Date.now() < giveUpAt) await sleep(50);
    for (const { pid, name, mark } of living) {
      if (name === 'redis' && mark.startsWith('prodwork-runner-redis-')) await capture('docker', ['rm', '-f', mark]);
      if (isAlive(pid)) trySignal(pid, 'SIGKILL');
    }
    rmSync(this.childrenFile(runner), { force: true });
  }
}

function isOwner(value: unknown): value is Owner {
  return typeof value === 'object' && value !== null && 'pid' in value && Number.isInteger(value.pid) && 'url' in value;
}

function readChildren(file: string): Child[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [pid, name, mark] = line.split('\t');
    return Number(pid) > 1 && name && mark ? [{ pid: Number(pid), name, mark }] : [];
  });
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
}
