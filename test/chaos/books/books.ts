import type { JobState } from 'prodwork/job/job';
import { type ClientEntry, type Entry, LedgerReader, type WorkerEntry } from './entries.ts';

/** One start of a handler and what is known of its end. */
export interface Run {
  readonly worker: string;
  readonly fence: number;
  readonly generation: number;
  readonly at: number;
  endedAt?: number;
  /** Its delivery ended for an honest reason that lets the job go on: a retry, a hand-back. */
  handedBack?: boolean;
  lost?: boolean;
}

export interface Commit {
  readonly generation: number;
  readonly fence: number;
  readonly outcome: string;
  readonly at: number;
}

/** Everything that the books say of one job. */
export interface JobBook {
  readonly id: string;
  type: string;
  acceptedAt?: number;
  readonly runs: Run[];
  readonly commits: Commit[];
  hasUnsureCommit?: boolean;
  /** What the queue said of it when its worker had died without a commit. */
  seenState?: JobState;
  /** Of a job that no answer named: the submit that its payload names. */
  ref?: string;
}

export interface SubmitBook {
  readonly ref: string;
  readonly chosen?: string;
  tries: number;
  unknowns: number;
  ids: string[];
}

const STARTS_MOST = 60_000;
const WORKER_LINES = new Set(['start', 'end', 'commit', 'commit?', 'handback', 'handback?', 'lost']);
const isWorkerEntry = (entry: Entry): entry is WorkerEntry => WORKER_LINES.has(entry.e);

/** The ledger as it stands: read while the run goes on, judged at its end. */
export class Books {
  readonly jobs = new Map<string, JobBook>();
  readonly submits = new Map<string, SubmitBook>();
  /** Jobs whose handler runs now, by worker. */
  readonly #open = new Map<string, Map<string, { readonly job: JobBook; readonly run: Run }>>();
  /** Commits and starts in each second since the epoch. */
  readonly commitsAt = new Map<number, number>();
  readonly startsAt = new Map<number, number>();
  /** The last starts, in about the order of their times. */
  readonly starts: { readonly at: number; readonly worker: string }[] = [];
  /** Started before any answer named them, and when; their payloads say whose they are. */
  readonly strangers = new Map<string, number>();
  readonly #reader: LedgerReader;
  /** Jobs whose worker died with them in hand, or does not know their end, and since when; until they are started again or were asked for. */
  readonly orphaned = new Map<string, number>();
  /** Ended by their handler, not yet committed, by worker. */
  readonly #settling = new Map<string, Set<string>>();
  accepted = 0;
  committed = 0;

  readonly #clockOffsetMs: (worker: string) => number;

  /** @param clockOffsetMs how far a worker's clock was set off on purpose */
  constructor(folder: string, clockOffsetMs: (worker: string) => number = () => 0) {
    this.#reader = new LedgerReader(folder);
    this.#clockOffsetMs = clockOffsetMs;
  }

  get torn(): number {
    return this.#reader.torn;
  }

  poll(): void {
    this.#reader.poll((entry) => {
      if (isWorkerEntry(entry)) this.#work(entry);
      else this.#submit(entry);
    });
  }

  close(): void {
    this.#reader.close();
  }

  /** Jobs that this worker has started and not ended. */
  inHand(worker: string): readonly { readonly job: JobBook; readonly run: Run }[] {
    return [...(this.#open.get(worker)?.values() ?? [])];
  }

  /** The worker's process is gone: whatever it had in hand ended then. */
  died(worker: string, at: number): void {
    for (const { job, run } of this.inHand(worker)) {
      if (run.at <= at) run.endedAt ??= at;
      this.orphaned.set(job.id, at);
    }
    for (const id of this.#settling.get(worker) ?? []) this.orphaned.set(id, at);
    this.#open.delete(worker);
    this.#settling.delete(worker);
  }

  #jobOf(id: string, type: string): JobBook {
    const known = this.jobs.get(id);
    if (known) {
      if (known.type === '') known.type = type;
      return known;
    }
    const job: JobBook = { id, type, runs: [], commits: [] };
    this.jobs.set(id, job);
    return job;
  }

  #work(entry: WorkerEntry): void {
    const job = this.#jobOf(entry.id, entry.type);
    const { worker, fence, generation } = entry;
    const at = entry.at - this.#clockOffsetMs(worker);
    const key = `${entry.id} ${fence}`;
    const run = job.runs.findLast((one) => one.fence === fence && one.worker === worker);
    switch (entry.e) {
      case 'start': {
        const begun: Run = { worker, fence, generation, at };
        job.runs.push(begun);
        this.#startedAt(at, worker);
        if (job.acceptedAt === undefined && !this.#isChosen(entry.id)) this.strangers.set(entry.id, at);
        this.orphaned.delete(entry.id);
        const open = this.#open.get(worker) ?? new Map();
        this.#open.set(worker, open.set(key, { job, run: begun }));
        break;
      }
      case 'end':
        this.#open.get(worker)?.delete(key);
        if (run) run.endedAt = at;
        this.#settlingOf(worker).add(entry.id);
        break;
      case 'commit':
        this.#settlingOf(worker).delete(entry.id);
        if (job.commits.length === 0) this.committed++;
        job.commits.push({ generation, fence, outcome: entry.outcome ?? '', at });
        tally(this.commitsAt, at);
        break;
      case 'commit?':
        job.hasUnsureCommit = true;
        this.orphaned.set(entry.id, at);
        break;
      case 'handback':
      case 'handback?':
        this.#settlingOf(worker).delete(entry.id);
        if (run) run.handedBack = true;
        break;
      case 'lost':
        this.#settlingOf(worker).delete(entry.id);
        if (run) run.lost = true;
        // A settle whose answer got lost may have been recorded before its worker was taken for dead.
        if (job.commits.length === 0 && job.runs.at(-1) === run) this.orphaned.set(entry.id, at);
    }
  }

  #startedAt(at: number, worker: string): void {
    tally(this.startsAt, at);
    this.starts.push({ at, worker });
    if (this.starts.length > STARTS_MOST) this.starts.splice(0, STARTS_MOST / 2);
  }

  /** A submit that chose its own id has the id as its name. */
  #isChosen(id: string): boolean {
    return this.submits.get(id)?.chosen === id;
  }

  #settlingOf(worker: string): Set<string> {
    const known = this.#settling.get(worker);
    if (known) return known;
    const settling = new Set<string>();
    this.#settling.set(worker, settling);
    return settling;
  }

  #submit(entry: ClientEntry): void {
    const { ref, chosen } = entry;
    const submit = this.submits.get(ref) ?? { ref, ...(chosen ? { chosen } : {}), tries: 0, unknowns: 0, ids: [] };
    this.submits.set(ref, submit);
    switch (entry.e) {
      case 'try':
        submit.tries++;
        break;
      case 'unknown':
        submit.unknowns++;
        break;
      case 'ok': {
        if (entry.id === undefined) break;
        const job = this.#jobOf(entry.id, '');
        if (job.acceptedAt === undefined) this.accepted++;
        this.strangers.delete(entry.id);
        job.acceptedAt ??= entry.at;
        if (!submit.ids.includes(entry.id)) submit.ids.push(entry.id);
      }
    }
  }
}

function tally(seconds: Map<number, number>, at: number): void {
  const second = Math.floor(at / 1_000);
  seconds.set(second, (seconds.get(second) ?? 0) + 1);
}
