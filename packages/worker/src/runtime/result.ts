import { bytesPast } from 'prodwork/job/bytes-past';
import type { Outcome } from 'prodwork/job/outcome';
import { type Failure, failure, messageOf } from './failure.ts';
import type { ServedType } from './job-type.ts';

type Verified = NonNullable<Extract<Outcome, { kind: 'complete' }>['verified']>;
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** A handler's result as the JSON text that is kept: it fits its schema and its size, or the attempt has failed. */
export function readResult(result: unknown, { definition, checkResult }: ServedType): Checked<string> {
  const fault = checkResult(result);
  if (fault !== undefined) return { ok: false, failure: failure('INVALID_RESULT', fault) };
  return toJson('result', result, definition.limits.resultBytes);
}

/** What `verify` returned, as it is kept. `false` is taken at its word. */
export function readEvidence(evidence: unknown, at: number, { definition }: ServedType): Checked<Verified> {
  if (evidence === false) return { ok: false, failure: failure('VERIFY_FAILED', 'verify returned false') };
  const json = toJson('evidence', evidence, definition.limits.resultBytes);
  return json.ok ? { ok: true, value: { at, evidence: JSON.parse(json.value) } } : json;
}

function toJson(what: string, value: unknown, limit: number): Checked<string> {
  let json: string;
  try {
    // Nothing returned is a result too: JSON has no undefined.
    json = JSON.stringify(value) ?? 'null';
  } catch (error) {
    return { ok: false, failure: failure('INVALID_RESULT', `${what}: not JSON (${messageOf(error)})`) };
  }
  const bytes = bytesPast(json, limit);
  if (bytes === undefined) return { ok: true, value: json };
  return { ok: false, failure: failure('RESULT_TOO_LARGE', `${what}: ${bytes} bytes, and ${limit} at most`) };
}
