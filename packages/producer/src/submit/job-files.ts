import type { NewJob } from 'prodwork/engine/submitter';
import { ProdworkError } from 'prodwork/errors';
import type { FileStore } from 'prodwork/files/file-store';
import { fileFieldsOf } from 'prodwork/job/file-ref';
import type { Catalog } from './catalog.ts';

/**
 * Lets the files that a job refers to live until it can have run; undefined for a type without files, where there is
 * nothing to wait for. @throws ProdworkError `INVALID_PAYLOAD`
 */
export type KeepFiles = (job: NewJob, now: number) => Promise<void> | undefined;

export function createKeepFiles(files: Pick<FileStore, 'keep'>, catalog: Catalog, keepMs: number): KeepFiles {
  const fields = new Map([...catalog].map(([type, { definition }]) => [type, fileFieldsOf(definition.input)]));
  const keep = async (names: readonly string[], job: NewJob, now: number): Promise<void> => {
    const payload: unknown = JSON.parse(job.payloadJson);
    const refs = new Map(names.flatMap((name) => entryOf(payload, name)));
    const delayMs = job.delayMs ?? Math.max(0, (job.runAt ?? now) - now);
    const [missing] = await files.keep([...refs.keys()], delayMs + keepMs);
    if (missing === undefined) return;
    const field = `payload.${refs.get(missing)}`;
    const rule = 'must be the id of a file that was uploaded and is still kept';
    throw new ProdworkError('INVALID_PAYLOAD', `${field} ${rule}.`, { field, rule });
  };
  return (job, now) => {
    const names = fields.get(job.type) ?? [];
    return names.length === 0 ? undefined : keep(names, job, now);
  };
}

function entryOf(payload: unknown, name: string): readonly (readonly [string, string])[] {
  if (typeof payload !== 'object' || payload === null) return [];
  const found = Object.entries(payload).find(([key]) => key === name)?.[1];
  return typeof found === 'string' ? [[found, name]] : [];
}
