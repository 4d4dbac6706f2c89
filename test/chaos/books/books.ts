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
}

export interface SubmitBook {
  readonly ref: string;
  readonly chosen?: string;
  tries: number;
  unknowns: number;
  ids: string[];
}

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
  readonly #reader: LedgerReader;
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
    for (const { run } of this.inHand(worker)) if (run.at <= at) run.endedAt ??= at;
    this.#open.delete(worker);
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
        const open = this.#open.get(worker) ?? new Map();
        this.#open.set(worker, open.set(key, { job, run: begun }));
        tally(this.startsAt, at);
        break;
      }
      case 'end':
        this.#open.get(worker)?.delete(key);
        if (run) run.endedAt = at;
        break;
      case 'commit':
        if (job.commits.length === 0) this.committed++;
        job.commits.push({ generation, fence, outcome: entry.outcome ?? '', at });
        tally(this.commitsAt, at);
        break;
      case 'commit?':
        job.hasUnsureCommit = true;
        break;
      case 'handback':
      case 'handback?':
        if (run) run.handedBack = true;
        break;
      case 'lost':
        if (run) run.lost = true;
    }
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
