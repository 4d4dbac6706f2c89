import type { Job, JobState } from 'prodwork/job/job';
import type { Books, JobBook, Run } from './books.ts';
import { type Impairment, type Kill, type Spread, spread } from './impairments.ts';

/** What the queue itself says of the few jobs that the books alone cannot close. Undefined: in no state. */
export type LookUp = (
  ids: readonly string[],
) => Promise<readonly (Pick<Job, 'id' | 'state' | 'payload'> | undefined)[]>;

export interface Evidence {
  readonly books: Books;
  readonly impairments: readonly Impairment[];
  readonly kills: readonly Kill[];
  /** Moments at which what was not on the disk was taken away, epoch ms. */
  readonly powerCuts?: readonly number[];
  readonly lookUp: LookUp;
}

export interface Verdict {
  readonly jobs: number;
  readonly submitted: number;
  readonly unknown: number;
  readonly committed: number;
  /** Final in the queue, but the worker was gone before it could write its line. */
  readonly commitUnseen: number;
  readonly lost: number;
  readonly lostIds: readonly string[];
  /** Accepted within the last 2 s before a power cut: with `everysec` these may be lost. Not part of `lost`. */
  readonly lostToPowerCut: number;
  /** A commit of the last 2 s before a power cut was forgotten, and made again. Not part of `doubleCommits`. */
  readonly repeatedAfterPowerCut: number;
  /** Accepted and still in a state that is not final when the time to drain was over. */
  readonly unfinished: number;
  readonly unfinishedIds: readonly string[];
  readonly phantom: number;
  readonly phantomIds: readonly string[];
  readonly doubleCommits: number;
  readonly doubleSubmits: number;
  readonly duplicateStarts: number;
  readonly overlaps: number;
  /** Of the overlaps: the first worker was kept from renewing, which is the one permitted reason. */
  readonly overlapsExcused: number;
  readonly lateSettlesRefused: number;
  readonly dead: number;
  readonly fencesOutOfOrder: number;
  readonly recoveryMs: Spread;
  readonly victims: number;
  readonly tornLines: number;
}

const FINAL = new Set(['completed', 'dead', 'cancelled', 'abandoned']);
const SHOWN = 20;

/** Reads the verdict out of the books. The queue is asked about jobs without a commit alone. */
export async function judge({ books, impairments, kills, powerCuts = [], lookUp }: Evidence): Promise<Verdict> {
  const known = new Set(
    [...books.submits.values()].flatMap(({ ids, chosen, unknowns }) =>
      chosen && unknowns > 0 ? [...ids, chosen] : ids,
    ),
  );
  const open: JobBook[] = [];
  const strangers: string[] = [];
  const sums = {
    doubleCommits: 0,
    repeated: 0,
    duplicateStarts: 0,
    overlaps: 0,
    excused: 0,
    refused: 0,
    dead: 0,
    fences: 0,
  };
  for (const job of books.jobs.values()) {
    // The files of several workers are read one after the other.
    job.runs.sort((one, two) => one.at - two.at);
    if (job.acceptedAt !== undefined && job.commits.length === 0) open.push(job);
    if (!known.has(job.id)) strangers.push(job.id);
    if (isDoubleCommit(job)) {
      if (isForgotten(job.commits[0]?.at, powerCuts)) sums.repeated++;
      else sums.doubleCommits++;
    }
    sums.dead += job.commits.some(({ outcome }) => outcome === 'bury') ? 1 : 0;
    sums.duplicateStarts += duplicateStarts(job);
    sums.refused += job.runs.filter(({ lost }) => lost).length;
    sums.fences += job.runs.filter(
      (run, at) => run.fence <= (job.runs[at - 1]?.fence ?? 0) && !wasImpaired(run, impairments),
    ).length;
    for (const [first, second] of overlapping(job)) {
      sums.overlaps++;
      if (isExcused(first, second, impairments)) sums.excused++;
    }
  }
  const found = await lookUp(open.map(({ id }) => id));
  const states = open.map(({ seenState }, at): JobState | undefined => found[at]?.state ?? seenState);
  const missing = open.filter((_, at) => states[at] === undefined);
  const lostIds = missing.filter((job) => !isForgotten(job.acceptedAt, powerCuts)).map(({ id }) => id);
  const unfinishedIds = open.flatMap(({ id }, at) => (states[at] && !FINAL.has(states[at]) ? [id] : []));
  const phantomIds = await phantoms(books, strangers, lookUp);
  return {
    jobs: books.accepted,
    submitted: books.submits.size,
    unknown: [...books.submits.values()].filter(({ unknowns, ids }) => unknowns > 0 && ids.length === 0).length,
    committed: books.committed,
    commitUnseen: states.filter((state) => state && FINAL.has(state)).length,
    lost: lostIds.length,
    lostIds: lostIds.slice(0, SHOWN),
    lostToPowerCut: missing.length - lostIds.length,
    repeatedAfterPowerCut: sums.repeated,
    unfinished: unfinishedIds.length,
    unfinishedIds: unfinishedIds.slice(0, SHOWN),
    phantom: phantomIds.length,
    phantomIds: phantomIds.slice(0, SHOWN),
    doubleCommits: sums.doubleCommits,
    doubleSubmits: [...books.submits.values()].filter(({ ids }) => ids.length > 1).length,
    duplicateStarts: sums.duplicateStarts,
    overlaps: sums.overlaps,
    overlapsExcused: sums.excused,
    lateSettlesRefused: sums.refused,
    dead: sums.dead + states.filter((state) => state === 'dead').length,
    fencesOutOfOrder: sums.fences,
    recoveryMs: spread(kills.filter(({ isMeasured }) => isMeasured).flatMap((kill) => recoveries(books, kill))),
    victims: kills.reduce((sum, { victims }) => sum + victims.length, 0),
    tornLines: books.torn,
  };
}

/** Redis writes to the disk every second; a busy disk may take two. */
const POWER_CUT_MS = 2_000;

const isForgotten = (at: number | undefined, powerCuts: readonly number[]): boolean =>
  at !== undefined && powerCuts.some((cut) => at <= cut && at >= cut - POWER_CUT_MS);

/** From the kill to the next start of each job that was running: ms. A job that had ended unseen has none. */
export function recoveries(books: Books, { victims, at }: Kill): readonly number[] {
  return victims.flatMap(({ id, fence }) => {
    const next = books.jobs.get(id)?.runs.find((run) => run.fence !== fence && run.at >= at);
    return next ? [next.at - at] : [];
  });
}

function isDoubleCommit({ commits }: JobBook): boolean {
  return commits.some((one) => commits.some((two) => one.generation === two.generation && one.fence !== two.fence));
}

/** Starts beyond the first of a generation that no retry and no hand-back accounts for. */
function duplicateStarts({ runs }: JobBook): number {
  return runs.filter((run, at) => {
    const before = runs[at - 1];
    return before !== undefined && before.generation === run.generation && !before.handedBack;
  }).length;
}

function overlapping({ runs }: JobBook): readonly (readonly [Run, Run])[] {
  return runs.flatMap((second, at) => {
    const first = runs.slice(0, at).find(({ endedAt = Number.POSITIVE_INFINITY }) => endedAt > second.at);
    return first ? [[first, second] as const] : [];
  });
}

const isExcused = (first: Run, second: Run, impairments: readonly Impairment[]): boolean =>
  impairments.some(({ worker, from, to }) => worker === first.worker && from <= second.at && to >= first.at);

/** It claimed the job, stood still, and started it when it woke up: its settle is refused. */
const wasImpaired = ({ worker, at }: Run, impairments: readonly Impairment[]): boolean =>
  impairments.some((span) => span.worker === worker && span.from <= at && span.to >= at);

/** Started or committed, but neither accepted nor of unknown fate. The payload says which submit it came from. */
async function phantoms(books: Books, strangers: readonly string[], lookUp: LookUp): Promise<readonly string[]> {
  const jobs = await lookUp(strangers);
  return strangers.filter((id, at) => {
    const ref = books.jobs.get(id)?.ref ?? refOf(jobs[at]?.payload);
    const submit = ref === undefined ? undefined : books.submits.get(ref);
    return submit === undefined || submit.unknowns === 0;
  });
}

/** Every payload of a run names the submit that it came from. */
export function refOf(payload: unknown): string | undefined {
  const ref = typeof payload === 'object' && payload !== null && 'ref' in payload ? payload.ref : undefined;
  return typeof ref === 'string' ? ref : undefined;
}
