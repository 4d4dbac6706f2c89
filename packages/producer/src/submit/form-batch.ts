import type { NewJob } from 'prodwork/engine/submitter';
import { ProdworkError } from 'prodwork/errors';
import { randomLocalId } from 'prodwork/job/ids';
import { fingerprint } from './intake.ts';
import type { SubmitService } from './submit-service.ts';

/**
 * Jobs from the form. A page carries a token of 128 random bits, and its jobs have the ids `f<token>-0` to
 * `f<token>-999`: chosen ids for the engine, so that a double click, a reload or another replica finds the jobs that
 * exist; as hard to guess as generated ones, so that the receipt may be open; and derived, so that the receipt of a
 * batch needs nothing stored but its address. The number of copies is part of what must be the same.
 */
export interface Batch {
  readonly token: string;
  readonly copies: number;
}

const TOKEN = /^[A-Za-z0-9_-]{22}$/;
const FORM_ID = /^f[A-Za-z0-9_-]{22}-\d{1,3}$/;
const BATCH = /^([A-Za-z0-9_-]{22})-([1-9]\d{0,3})$/;

export const newPageToken = (): string => randomLocalId();
export const isPageToken = (text: string): boolean => TOKEN.test(text);
/** True for the ids of jobs that the form made: nobody can guess them, their receipts are open. */
export const isFormId = (id: string): boolean => FORM_ID.test(id);
export const batchName = ({ token, copies }: Batch): string => `${token}-${copies}`;

export function parseBatch(name: string): Batch | undefined {
  const [, token, copies] = BATCH.exec(name) ?? [];
  if (token === undefined || copies === undefined || Number(copies) > 1_000) return undefined;
  return { token, copies: Number(copies) };
}

export interface FormSubmits {
  /** Stores the job `copies` times, once for each token. Answers the ids. @throws as `SubmitService`. */
  submit(job: NewJob, batch: Batch): Promise<readonly string[]>;
  /** The ids of a batch, or undefined when this engine and this replica cannot know them. */
  idsOf(batch: Batch): readonly string[] | undefined;
}

/** How many submits are under way at once: they travel together, and a deadline covers each. */
const AT_ONCE = 250;

export function createFormSubmits(submits: SubmitService, canChooseIds: boolean): FormSubmits {
  return canChooseIds ? chosenIds(submits) : remembered(submits);
}

const idOf = (batch: Batch, index: number): string => `f${batch.token}-${index}`;
const idsOf = (batch: Batch): readonly string[] =>
  Array.from({ length: batch.copies }, (_, index) => idOf(batch, index));

function chosenIds(submits: SubmitService): FormSubmits {
  return {
    idsOf,
    async submit(job, batch) {
      const same = fingerprint({ body: job.fingerprint, copies: batch.copies });
      const submitOne = (id: string) => submits.submit({ ...job, id, fingerprint: same });
      const [first = idOf(batch, 0), ...rest] = idsOf(batch);
      // Alone: a token that was used for something else is refused here, before anything is stored.
      await submitOne(first);
      await inSteps(rest, submitOne);
      return idsOf(batch);
    },
  };
}

/**
 * For an engine without chosen ids (`brpop`): the last tokens are kept in this process. A double click on one replica
 * makes one job; a restart, or another replica, does not know the token.
 */
function remembered(submits: SubmitService): FormSubmits {
  const kept = new Map<string, { same: string; ids: Promise<readonly string[]> }>();
  const batches = new Map<string, readonly string[]>();
  const KEPT = 2_000;
  return {
    idsOf: (batch) => batches.get(batchName(batch)),
    async submit(job, batch) {
      const same = fingerprint({ body: job.fingerprint, copies: batch.copies });
      const known = kept.get(batch.token);
      if (known !== undefined && known.same === same) return known.ids;
      if (known !== undefined) throw new ProdworkError('IDEMPOTENCY_CONFLICT', 'This page was used with other values.');
      const { fingerprint: _unused, ...plain } = job;
      const ids = inSteps(Array.from({ length: batch.copies }), async () => (await submits.submit(plain)).job.id);
      kept.set(batch.token, { same, ids });
      for (const old of kept.keys()) if (kept.size > KEPT) kept.delete(old);
      ids.catch(() => kept.delete(batch.token));
      batches.set(batchName(batch), await ids);
      for (const old of batches.keys()) if (batches.size > KEPT / 10) batches.delete(old);
      return ids;
    },
  };
}

async function inSteps<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    answers.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(act))));
  }
  return answers;
}
