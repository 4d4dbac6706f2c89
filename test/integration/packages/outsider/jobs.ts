import { defineJob } from 'prodwork/job/define-job';
import { Type } from 'typebox';

export const invoice = defineJob({
  type: 'invoice',
  input: Type.Object({ cents: Type.Integer({ minimum: 1 }) }),
  output: Type.Object({ text: Type.String() }),
  maxAttempts: 2,
});
