import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** One line of the workers' books (packages/worker/src/runtime/ledger.ts). */
export interface Entry {
  readonly e: 'start' | 'end' | 'commit' | 'commit?' | 'handback' | 'handback?' | 'lost';
  readonly id: string;
  readonly generation: number;
  readonly fence: number;
  readonly worker: string;
  /** Epoch ms. */
  readonly at: number;
  readonly outcome?: string;
}

/** The folder is mounted into every worker of the test stack. */
const folder = (): string => {
  const path = process.env.TEST_LEDGER_DIR;
  if (path === undefined) throw new Error('TEST_LEDGER_DIR is not set: run npm run test:compose');
  return path;
};

const file = (): string => join(folder(), 'worker.jsonl');

/** Begins new books. Only while no worker runs: an open file would be written on unseen. */
export function newLedger(): void {
  mkdirSync(folder(), { recursive: true });
  // The containers' user is nobody on this machine.
  chmodSync(folder(), 0o777);
  rmSync(file(), { force: true });
}

export function readLedger(): Entry[] {
  let text: string;
  try {
    text = readFileSync(file(), 'utf8');
  } catch {
    return [];
  }
  // A line that a kill cut off is the last of its writer; the next writer goes on behind it.
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Entry];
    } catch {
      return [];
    }
  });
}

/** The judge's summary over the jobs that were accepted: what every row of the fault table asks for. */
export function judge(accepted: readonly string[], entries: readonly Entry[] = readLedger()) {
  const starts = Map.groupBy(
    entries.filter(({ e }) => e === 'start'),
    ({ id }) => id,
  );
  const commits = Map.groupBy(
    entries.filter(({ e }) => e === 'commit'),
    ({ id }) => id,
  );
  const known = new Set(accepted);
  return {
    /** Accepted, and no commit was seen: each is then looked for in the queue. */
    uncommitted: accepted.filter((id) => !commits.has(id)),
    phantoms: [...starts.keys()].filter((id) => !known.has(id)),
    doubleCommits: [...commits.values()].filter(
      (lines) => new Set(lines.map(({ generation, fence }) => `${generation}:${fence}`)).size > 1,
    ).length,
    duplicateStarts: [...starts.values()].reduce((sum, lines) => sum + lines.length - 1, 0),
  };
}

/**
 * Jobs that `worker` held at the time `at`: started by it, not ended, and not started by anybody since.
 * @param since when its process was started: what an earlier one left behind is not in its hands.
 */
export function inHand(worker: string, at: number, since = 0): string[] {
  const holders = new Map<string, string>();
  for (const entry of readLedger()) {
    if (entry.at > at || entry.at < since) continue;
    if (entry.e === 'start') holders.set(entry.id, entry.worker);
    else if (holders.get(entry.id) === entry.worker) holders.delete(entry.id);
  }
  return [...holders].flatMap(([id, holder]) => (holder === worker ? [id] : []));
}

/** When each of the jobs was next started after `at`: ms since then; undefined where it was not. */
export function restartedAfter(ids: readonly string[], at: number): (number | undefined)[] {
  const entries = readLedger();
  return ids.map((id) => {
    const next = entries.find((entry) => entry.e === 'start' && entry.id === id && entry.at > at);
    return next && next.at - at;
  });
}
