import type { Clock } from 'prodwork/clock';
import type { Inspector } from 'prodwork/engine/inspector';
import type { Job, JobState } from 'prodwork/job/job';
import { within } from '../submit/within.ts';
import { batchSummary, lettersOf } from '../views/batch.ts';
import { isFinal, receipt } from '../views/receipt.ts';
import type { Stream } from './stream.ts';

export interface Change {
  readonly streams: readonly Stream[];
  readonly event: 'job' | 'batch';
  readonly data: string;
}

/** Follows the jobs and batches that open streams ask for. Each is read once however many follow it. */
export interface JobWatch {
  /** What has changed since the last look, for whom. */
  changes(streams: ReadonlySet<Stream>): Promise<readonly Change[]>;
  /** A new stream has seen nothing yet. */
  greet(stream: Stream): void;
  forget(stream: Stream): void;
}

interface Options {
  readonly inspector: Pick<Inspector, 'jobs'>;
  readonly idsOfBatch: (name: string) => readonly string[] | undefined;
  readonly queue: string;
  readonly clock: Clock;
}

export function createJobWatch({ inspector, idsOfBatch, queue, clock }: Options): JobWatch {
  /** What each stream was sent last, by subject: a final job that was sent is not read again for it. */
  const seen = new WeakMap<Stream, Map<string, string>>();
  /** Jobs of batches that have ended; dropped with the batch. */
  const ended = new Map<string, Map<string, JobState>>();

  const readBatch = async (name: string): Promise<readonly (JobState | undefined)[] | undefined> => {
    const ids = idsOfBatch(name);
    if (ids === undefined) return undefined;
    const known = ended.get(name) ?? new Map<string, JobState>();
    ended.set(name, known);
    const open = ids.filter((id) => !known.has(id));
    const jobs = open.length === 0 ? [] : await within(inspector.jobs(open, queue), 'QUEUE_UNAVAILABLE');
    const now = new Map(open.map((id, index) => [id, jobs[index]?.state]));
    for (const [id, state] of now) if (state !== undefined && isFinal(state)) known.set(id, state);
    return ids.map((id) => known.get(id) ?? now.get(id));
  };

  return {
    greet: (stream) => void seen.set(stream, new Map()),
    forget: (stream) => void seen.delete(stream),
    async changes(streams) {
      const changes: Change[] = [];
      const followers = new Map<string, Stream[]>();
      for (const stream of streams) {
        const subjects = [
          ...stream.wishes.jobs.map((id) => `job ${id}`),
          ...stream.wishes.batches.map((name) => `batch ${name}`),
        ];
        for (const subject of subjects) {
          if (seen.get(stream)?.get(subject)?.startsWith('final ')) continue;
          followers.set(subject, [...(followers.get(subject) ?? []), stream]);
        }
      }
      const tell = (subject: string, event: Change['event'], signature: string, data: string): void => {
        const wanting = (followers.get(subject) ?? []).filter((stream) => seen.get(stream)?.get(subject) !== signature);
        for (const stream of wanting) seen.get(stream)?.set(subject, signature);
        if (wanting.length > 0) changes.push({ streams: wanting, event, data });
      };

      const ids = [...followers.keys()].flatMap((subject) => (subject.startsWith('job ') ? [subject.slice(4)] : []));
      const jobs = ids.length === 0 ? [] : await within(inspector.jobs(ids, queue), 'QUEUE_UNAVAILABLE');
      for (const job of jobs) {
        if (job === undefined) continue;
        const html = receipt(job, clock.now()).text;
        const signature = isFinal(job.state) ? `final ${job.generation}` : html;
        tell(`job ${job.id}`, 'job', signature, JSON.stringify({ ...shortJob(job), html }));
      }
      const names = [...followers.keys()].flatMap((subject) =>
        subject.startsWith('batch ') ? [subject.slice(6)] : [],
      );
      for (const name of ended.keys()) if (!names.includes(name)) ended.delete(name);
      for (const name of names) {
        const states = await readBatch(name);
        if (states === undefined) continue;
        const letters = lettersOf(states);
        const isOver = states.every((state) => state !== undefined && isFinal(state));
        const html = batchSummary(states).text;
        tell(`batch ${name}`, 'batch', isOver ? 'final ' : letters, JSON.stringify({ name, states: letters, html }));
      }
      return changes;
    },
  };
}

/** What a program that follows a job wants to know; the whole job is one GET away. */
const shortJob = (job: Job): object => ({
  id: job.id,
  type: job.type,
  state: job.state,
  attempts: job.attempts,
  progress: job.progress,
  finishedAt: job.finishedAt,
});
