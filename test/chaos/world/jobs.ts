import { defineJob } from 'prodwork/job/define-job';
import { Type } from 'typebox';

const ref = Type.String({ maxLength: 64 });

/** The steady load: waits, and names the submit that it came from. */
export const work = defineJob({
  type: 'work',
  input: Type.Object({ ref, ms: Type.Integer({ minimum: 0, maximum: 600_000 }), pad: Type.Optional(Type.String()) }),
  timeoutMs: 700_000,
});

/** Does harm to the process that runs it. */
export const harm = defineJob({
  type: 'harm',
  input: Type.Object({
    ref,
    how: Type.Union([Type.Literal('die'), Type.Literal('heap'), Type.Literal('memory'), Type.Literal('block')]),
    ms: Type.Integer(),
  }),
  timeoutMs: 700_000,
});

/** Writes its fence to a database that compares it. */
export const fencedWrite = defineJob({
  type: 'fenced-write',
  input: Type.Object({ ref, ms: Type.Integer(), file: Type.String() }),
  timeoutMs: 700_000,
});

/** Ends well by its exit code, and has produced nothing. */
export const hollow = defineJob({
  type: 'hollow',
  input: Type.Object({ ref, how: Type.Union([Type.Literal('empty'), Type.Literal('pipe'), Type.Literal('no-rows')]) }),
  maxAttempts: 2,
  backoff: { kind: 'fixed', delayMs: 200 },
});

/** Known to some workers only. */
export const rare = defineJob({ type: 'rare', input: Type.Object({ ref }) });

export const chaosJobTypes = [work, harm, fencedWrite, hollow, rare];
