import { defineJob } from 'prodwork/job/define-job';
import { Type } from 'typebox';

export const QUEUE = 'default';

/** The benchmark's job type, checked like any other: payload in the worker, result before it is kept. */
export const benchJob = defineJob({
  type: 'bench',
  input: Type.Object(
    { n: Type.Integer({ minimum: 0 }), at: Type.Number(), pad: Type.String() },
    { additionalProperties: false },
  ),
  output: Type.Object({ ok: Type.Literal(true) }),
});
